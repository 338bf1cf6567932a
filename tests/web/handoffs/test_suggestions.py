"""The next steps of a handoff on its page and beside its session: pressed or dismissed, without scripts."""

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from tests.company import Company
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
