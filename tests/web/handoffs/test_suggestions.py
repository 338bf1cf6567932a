"""The next steps of a handoff on its page and beside its session: pressed or dismissed, without scripts."""

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

AI = {
    "summary": "It squeaks.",
    "likely_cause": None,
    "next_steps": ["Run `squeak --less`.", "Oil it."],
    "missing": [],
    "source": "ai",
}
ROWS = "SELECT action, result, source, handoff_id IS NOT NULL FROM suggestion_outcomes"


@pytest.fixture
def held(company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """The browser of a senior, and the page of the handoff that they hold."""
    engineer, senior = signed_in(), signed_in()
    session = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    page = engineer.post(f"{session}/escalate", data={"reason": "Out of ideas after the usual checks."})
    send(senior, page.url.path, "/claim")
    return senior, page.url.path


def test_a_press_is_a_step_and_leads_back(company: Company, held: tuple[TestClient, str]) -> None:
    senior, path = held
    page = send(senior, path, "/suggestions/done", result="not_helped", note="")
    assert page.url.path == path
    assert "<strong>Did not help</strong>" in page.text
    [(action, *kept)] = company.query(ROWS)
    assert (kept, action in page.text) == (["not_helped", "rules", True], True)
    assert company.query("SELECT kind FROM ai_session_steps") == [("outcome",)]


def test_a_dismissed_one_is_offered_no_more(company: Company, held: tuple[TestClient, str]) -> None:
    senior, path = held
    before = len([one for one in forms_of(senior.get(path).text) if one.action.endswith("/dismiss")])
    page = send(senior, path, "/suggestions/dismiss", reason="wrong", note="It has no wheels.")
    assert "Dismissed. It is not suggested again in this session." in page.text
    assert len([one for one in forms_of(page.text) if one.action.endswith("/dismiss")]) == before - 1


def test_an_ais_are_pressed_beside_the_session_too(company: Company, held: tuple[TestClient, str]) -> None:
    senior, path = held
    [(session,)] = company.query(
        "UPDATE session_handoffs SET assessment = %s RETURNING CAST(session_id AS text)", Jsonb(AI)
    )
    shown = senior.get(f"/sessions/{session}")
    assert "<code>squeak --less</code>" in shown.text
    page = send(senior, shown, f"{path}/suggestions/done", result="solved", note="")
    assert page.url.path == f"/sessions/{session}"
    assert company.query(ROWS) == [("Run `squeak --less`.", "solved", "ai", True)]


def test_at_an_end_that_hands_over_they_are_pressed_where_the_senior_works(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    engineer, senior = signed_in(), signed_in()
    about = {
        "problem_summary": "The printer prints nothing",
        "flow_id": str(publish_printer_flow(client, company)),
    }
    path = engineer.post("/sessions", data=about).url.path
    send(engineer, path, "/steps", choice="No")
    for _ in range(2):
        send(engineer, path, "/steps", outcome="Still nothing")
    handoff = send(engineer, f"{path}/escalate", "/escalate", reason="Out of ideas.").url.path
    claimed = send(senior, handoff, "/claim")
    offered = [one for one in forms_of(senior.get(handoff).text) if one.action.endswith("/suggestions/done")]
    assert claimed.url.path == path
    here = [one for one in forms_of(claimed.text) if one.action.endswith("/suggestions/done")]
    assert [one.holds["action"] for one in here] == [one.holds["action"] for one in offered] != []
    page = send(senior, claimed, "/suggestions/done", result="not_helped", note="")
    assert (page.url.path, "<strong>Did not help</strong>" in page.text) == (path, True)
    assert company.query(ROWS) == [(here[0].holds["action"][0], "not_helped", "rules", True)]
