"""Where a flow that has lost trust says so, and how its owner confirms it."""

import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.flows.trust.doubts import Doubt, DoubtKind, Share
from flowpilot.flows.trust.service import doubt
from flowpilot.identity.actor import Role
from tests.company import Company, run
from tests.flows.samples import FLOWS, get, publish
from tests.freshness.history import History
from tests.web.conftest import SignedIn
from tests.web.forms import send

WORSE = Doubt(
    kind=DoubtKind.SUCCESS_DOWN,
    since=now(),
    before=Share(part=27, n=30, percent=90, ci95=(74.4, 96.5)),
    after=Share(part=12, n=30, percent=40, ci95=(24.6, 57.7)),
)
REASON = "It solves less than before without a handoff: 12 of 30 sessions (40 %, 25 to 58), before that 27 of 30"


@pytest.fixture
def doubted(client: TestClient, company: Company) -> str:
    """A published flow that has lost trust."""
    flow_id = publish(client, company)
    [(verified_at,)] = company.query("SELECT verified_at FROM trees WHERE id = %s", flow_id)

    async def lose(database: Database) -> None:
        async with database.write(company.id) as db:
            await doubt(db, company.id, uuid.UUID(flow_id), [WORSE], now(), verified_at=verified_at)

    run(company.urls, lose)
    return flow_id


def test_the_list_is_narrowed_to_flows_that_need_confirming(
    client: TestClient, company: Company, signed_in: SignedIn, doubted: str
) -> None:
    publish(client, company, name="Scanner is dirty")
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get("/flows?confirm=all").text
    assert "Needs confirming</span>" in page
    assert [f">{name}</a>" in page for name in ("Printer is offline", "Scanner is dirty")] == [True, False]
    assert "No flows match" in browser.get("/flows?confirm=mine").text


def test_the_page_of_a_doubted_flow_says_why_and_one_press_confirms_it(
    client: TestClient, company: Company, signed_in: SignedIn, doubted: str
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get(f"/flows/{doubted}")
    assert REASON in page.text
    assert "Still right: confirm until " in page.text
    page = send(browser, page, "/confirm")
    assert "Confirmed until " in page.text
    assert REASON not in page.text
    assert get(client, company, f"/{doubted}")["doubted_since"] is None


def test_a_day_can_be_chosen(client: TestClient, company: Company, signed_in: SignedIn, doubted: str) -> None:
    page = send(signed_in(Role.TEAM_ADMIN), f"/flows/{doubted}/trust", "/confirm", until="2099-12-31")
    assert "Confirmed until 31 Dec 2099." in page.text
    assert get(client, company, f"/{doubted}")["verified_until"] == "2099-12-31"


def test_those_who_may_not_confirm_read_the_reason(signed_in: SignedIn, doubted: str) -> None:
    page = signed_in(Role.ENGINEER).get(f"/flows/{doubted}").text
    assert REASON in page
    assert f'action="/flows/{doubted}/confirm"' not in page


def test_the_owner_finds_their_flows_at_home(
    client: TestClient, company: Company, signed_in: SignedIn, doubted: str
) -> None:
    browser = signed_in(Role.ENGINEER)
    assert "/flows?confirm=mine" not in browser.get("/").text
    [(me,)] = company.query("SELECT user_id FROM memberships ORDER BY created_at DESC, user_id DESC LIMIT 1")
    given = {"owner_id": str(me)}
    client.patch(f"{FLOWS}/{doubted}", json=given, headers=company.headers()).raise_for_status()
    assert '<a href="/flows?confirm=mine">1 flow asks you</a> whether it is still right.' in browser.get("/").text
    send(browser, f"/flows/{doubted}", "/confirm")
    assert "/flows?confirm=mine" not in browser.get("/").text


def test_a_team_admin_chooses_the_owner(
    client: TestClient, company: Company, signed_in: SignedIn, doubted: str
) -> None:
    page = send(signed_in(Role.TEAM_ADMIN), f"/flows/{doubted}/trust", "/owner", owner_id="")
    assert "Nobody answers for this flow now." in page.text
    assert get(client, company, f"/{doubted}")["owner_id"] is None


def test_the_evidence_is_shown_with_its_verdicts(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    history = History(company)
    history.before(30, solved=27)
    history.after(30, solved=12)
    page = signed_in(Role.TEAM_ADMIN).get(f"/flows/{history.flow_id}/trust").text
    assert "12 of 30, 25 to 58 %" in page
    assert page.count("Too early to tell") == 1
    assert "Evidence</h2>" not in signed_in(Role.ENGINEER).get(f"/flows/{history.flow_id}/trust").text


def test_a_session_and_the_choice_of_flows_say_that_a_flow_is_doubted(signed_in: SignedIn, doubted: str) -> None:
    browser = signed_in()
    about = {"problem_summary": "The printer is offline and the print queue is stuck", "flow_id": doubted}
    session = browser.post("/sessions", data=about)
    assert "This flow may no longer be right." in session.text
    assert REASON in session.text
    assert browser.get(f"{session.url.path}/flow").text.count("Needs confirming") == 2
