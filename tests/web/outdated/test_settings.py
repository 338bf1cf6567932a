"""Forms send all their fields, and buttons what was read, so nobody undoes what they have not seen."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import create, get, publish, save
from tests.web.conftest import SignedIn
from tests.web.forms import send

MEMBERS, ACCOUNT = "/settings/members", "/settings/account"
UNDONE = "Somebody else has changed this in the meantime, and saving yours would undo that. Nothing was saved."


def test_an_older_form_of_the_account_does_not_undo_a_change(signed_in: SignedIn, company: Company) -> None:
    first, second = signed_in(Role.TEAM_ADMIN), signed_in(Role.OWNER)
    older = second.get(ACCOUNT)
    send(first, ACCOUNT, ACCOUNT, lease_minutes="45")
    answer = send(second, older, ACCOUNT, name="Service desk")
    assert answer.status_code == 409
    assert UNDONE in answer.text
    assert re.search(r"<dt>Name</dt>\s*<dd><span[^>]*>Service desk</span>", answer.text)
    assert 'value="45"' in answer.text
    assert company.query("SELECT name = 'Service desk', lease_minutes FROM accounts") == [(False, 45)]


def test_the_form_that_is_shown_then_can_be_saved(signed_in: SignedIn, company: Company) -> None:
    first, second = signed_in(Role.TEAM_ADMIN), signed_in(Role.OWNER)
    older = second.get(ACCOUNT)
    send(first, ACCOUNT, ACCOUNT, lease_minutes="45")
    shown = send(second, older, ACCOUNT, name="Service desk")
    assert send(second, shown, ACCOUNT, name="Service desk").status_code == 200
    assert company.query("SELECT name, lease_minutes FROM accounts") == [("Service desk", 45)]


@pytest.fixture
def session(signed_in: SignedIn) -> str:
    """The page of an open session."""
    begun = signed_in().post("/sessions", data={"problem_summary": "The scanner beeps"})
    return begun.url.path.removesuffix("/flow")


def test_an_older_form_of_the_details_does_not_undo_a_correction(
    signed_in: SignedIn, company: Company, session: str
) -> None:
    first, second = signed_in(Role.TEAM_ADMIN), signed_in(Role.TEAM_ADMIN)
    older = second.get(session)
    send(first, session, "/details", client_name="Maple Dental")
    answer = send(second, older, "/details", psa_ticket_id="4711")
    assert answer.status_code == 409
    assert UNDONE in answer.text
    assert company.query("SELECT client_name, psa_ticket_id FROM ai_sessions") == [("Maple Dental", None)]


def test_the_details_are_corrected_whatever_was_answered_meanwhile(
    signed_in: SignedIn, company: Company, session: str
) -> None:
    first, second = signed_in(Role.TEAM_ADMIN), signed_in(Role.TEAM_ADMIN)
    older = second.get(session)
    send(first, session, "/steps", free_text="It beeps twice.")
    assert send(second, older, "/details", psa_ticket_id="4711").status_code == 200
    assert company.query("SELECT psa_ticket_id FROM ai_sessions") == [("4711",)]


def test_a_rating_does_not_replace_one_that_came_meanwhile(
    signed_in: SignedIn, company: Company, session: str
) -> None:
    first, second = signed_in(Role.TEAM_ADMIN), signed_in(Role.TEAM_ADMIN)
    send(first, session, "/abandon")
    older = second.get(session)
    send(first, session, "/rating", rating="1", comment="Nobody called back.")
    answer = send(second, older, "/rating", rating="5")
    assert answer.status_code == 409
    assert "Nobody called back." in answer.text
    assert company.query("SELECT session_rating FROM ai_sessions") == [(1,)]


def test_a_role_that_has_changed_is_not_overwritten(signed_in: SignedIn, company: Company) -> None:
    first, second = signed_in(Role.OWNER), signed_in(Role.OWNER)
    viewer = company.users[Role.VIEWER]
    older = second.get(MEMBERS)
    send(first, MEMBERS, f"{viewer}/role", role="team_admin")
    answer = send(second, older, f"{viewer}/role", role="engineer")
    assert answer.status_code == 409
    assert "The member is now team admin. Nothing was changed." in answer.text
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", viewer) == [("team_admin",)]


def test_a_draft_that_nobody_has_read_is_neither_published_nor_thrown_away(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, description="Read.")
    browser = signed_in(Role.TEAM_ADMIN)
    older = browser.get(f"/flows/{flow_id}")
    editor = browser.get(f"/flows/{flow_id}/edit")
    save(client, company, flow_id, description="Not read.")
    for page, action in ((older, "/publish"), (older, "/discard"), (editor, "/publish")):
        answer = send(browser, page, action)
        assert answer.status_code == 409
        assert "Somebody has saved this flow since you opened it." in answer.text
        assert answer.text.count("<h1>") == 1
    flow = get(client, company, f"/{flow_id}")
    assert (flow["published_version"], flow["draft_version"]) == (1, 2)


def test_text_for_an_older_draft_is_shown_beside_the_present_one(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = create(client, company)["id"]
    browser = signed_in(Role.TEAM_ADMIN)
    older = browser.get(f"/flows/{flow_id}/edit?node=switch_on")
    save(client, company, flow_id, description="By somebody else.")
    answer = send(browser, older, "/edit/node", text="Press the button.")
    assert answer.status_code == 409
    assert "Press the button.</span>" in answer.text
    assert "The switch is at the back." in answer.text


@pytest.mark.parametrize(("path", "page"), [("escalate", "Escalate"), ("flow", "Choose a flow")])
def test_actions_a_session_no_longer_allows_are_not_offered(
    signed_in: SignedIn, session: str, path: str, page: str
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    assert f"<h1>{page}</h1>" in browser.get(f"{session}/{path}").text
    send(browser, session, "/resolve", summary="It was the fuse.")
    assert browser.get(f"{session}/{path}").url.path == session


def test_escalating_twice_shows_the_session_and_keeps_the_text(signed_in: SignedIn, session: str) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    older = browser.get(f"{session}/escalate")
    send(browser, f"{session}/escalate", "/escalate", reason="Out of ideas.")
    answer = send(browser, older, "/escalate", reason="Needs rights.", note="I think it is the driver.")
    assert answer.status_code == 409
    assert "I think it is the driver.</span>" in answer.text
    assert "<h1>The scanner beeps</h1>" in answer.text
