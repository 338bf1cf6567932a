"""What a page costs in statements, however much there is to show. COMMIT is not among them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import send
from tests.web.history import JANUARY, live_through


@contextmanager
def heard(client: TestClient) -> Iterator[list[str]]:
    """The statements that the app sends in this block."""
    engine = client.app.state.database.engine.sync_engine  # type: ignore[attr-defined]
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN") and not statement.endswith("COMMIT"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield sent
    event.remove(engine, "before_cursor_execute", listen)


def hand_over(browser: TestClient) -> None:
    session = browser.post(
        "/sessions", data={"problem_summary": "The printer in accounting prints nothing"}
    ).url.path
    send(browser, session, "/steps", free_text="Looked at it.")
    browser.post(f"{session}/escalate", data={"reason": "Out of ideas after the usual checks."})


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 9), ("/sessions", 4), ("/handoffs", 6), ("/notifications", 4), ("/flows", 6), ("/clients", 3)],
)
def test_a_list_costs_the_same_however_long_it_is(
    client: TestClient, company: Company, signed_in: SignedIn, path: str, most: int
) -> None:
    publish_printer_flow(client, company)
    engineer, senior = signed_in(), signed_in(Role.OWNER)
    costs = []
    for _ in range(2):
        hand_over(engineer)
        hand_over(engineer)
        with heard(client) as sent:
            assert senior.get(path).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= most


def test_a_session_costs_the_same_however_much_happened(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": "The printer in accounting prints nothing"}).url.path
    costs = []
    for _ in range(2):
        for _ in range(5):
            send(browser, path, "/steps", free_text="Looked again.")
        with heard(client) as sent:
            assert browser.get(path).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 9


def test_what_a_senior_reads_costs_the_same_however_much_happened(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    """The page of the session that they hold, its part that follows the others, and the handoff.

    One statement of each reads what came since the handoff was sent.
    """
    publish_printer_flow(client, company)
    engineer, senior = signed_in(), signed_in(Role.OWNER)
    hand_over(engineer)
    [[handoff_id, session_id]] = company.query("SELECT id, session_id FROM session_handoffs")
    handoff, session = f"/handoffs/{handoff_id}", f"/sessions/{session_id}"
    senior.post(f"{handoff}/claim")
    pages = (session, f"{session}/changes?steps=0&version=0", handoff)
    costs = []
    for _ in range(2):
        for _ in range(3):
            send(senior, session, "/steps", free_text="Looked again.")
            send(senior, handoff, "/questions", question="Which one?")
            send(engineer, handoff, "/answer", answer="The big one.")
        for page in pages:
            with heard(client) as sent:
                assert senior.get(page).status_code == 200
            costs.append(len(sent))
    assert costs[:3] == costs[3:]
    assert all(cost <= most for cost, most in zip(costs, (10, 10, 10), strict=False)), costs


def test_a_handoff_is_read_without_its_session_s_history(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish_printer_flow(client, company)
    hand_over(signed_in())
    senior = signed_in(Role.OWNER)
    [[handoff_id]] = company.query("SELECT id FROM session_handoffs WHERE account_id = %s", company.id)
    senior.post(f"/handoffs/{handoff_id}/claim")
    with heard(client) as sent:
        assert "Resolved" in senior.get(f"/handoffs/{handoff_id}").text
    assert [one for one in sent if "status_changes" in one] == []


@pytest.mark.parametrize(
    ("tab", "most"),
    [
        ("overview", 9),
        ("coverage", 7),
        ("flow-quality", 8),
        ("escalations", 12),
        ("load", 8),
        ("psa", 8),
        ("knowledge-gaps", 10),
        ("savings", 8),
    ],
)
def test_an_analytics_tab_costs_the_same_however_much_it_tells(
    client: TestClient, company: Company, signed_in: SignedIn, tab: str, most: int
) -> None:
    browser, costs = signed_in(Role.OWNER), []
    live_through(company)
    for _ in range(2):
        live_through(company)
        with heard(client) as sent:
            assert browser.get(f"/analytics/{tab}", params=JANUARY).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= most


@pytest.mark.parametrize("tab", ["psa", "knowledge-gaps"])
def test_a_tab_does_not_run_the_dashboard_for_two_figures(
    client: TestClient, company: Company, signed_in: SignedIn, tab: str
) -> None:
    browser = signed_in(Role.OWNER)
    live_through(company)
    with heard(client) as sent:
        assert browser.get(f"/analytics/{tab}", params=JANUARY).status_code == 200
    assert [statement for statement in sent if "mttr" in statement or "step_squares" in statement] == []


def test_a_flow_page_reads_the_sessions_of_no_other_flow(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id, browser = publish_printer_flow(client, company), signed_in(Role.OWNER)
    with heard(client) as sent:
        assert browser.get(f"/flows/{flow_id}").status_code == 200
    reads = [statement for statement in sent if "ai_sessions" in statement]
    assert len(reads) == 2
    assert all("matched_flow_id = %(flow_id)s" in statement for statement in reads)
    assert len(sent) <= 10
