"""Suggestions on a session's page: pressed or dismissed, without scripts."""

import re

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import start
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

CHAIR = {"problem_summary": "Something odd happens with my chair"}


def _copied(html: str) -> dict[str, str]:
    """What is said once each command of the page has been copied."""
    return dict(re.findall(r'data-text="([^"]*)" data-copied="([^"]*)"', html))


def test_a_press_is_a_step(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in()
    page = send(browser, browser.post("/sessions", data=CHAIR), "/suggestions/done", result="not_helped", note="")
    assert "Did not help" in page.text
    assert company.query("SELECT kind, content->>'outcome' FROM ai_session_steps") == [("outcome", "Did not help")]


def test_a_dismissed_one_is_gone(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in()
    page = send(browser, browser.post("/sessions", data=CHAIR), "/suggestions/dismiss", reason="wrong", note="")
    assert "Dismissed. It is not suggested again in this session." in page.text
    [(action,)] = company.query("SELECT action FROM suggestion_outcomes")
    shown = [form.holds["action"][0] for form in forms_of(page.text) if form.action.endswith("/suggestions/done")]
    assert shown
    assert action not in shown


def test_a_dismissed_one_is_brought_back(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in()
    page = send(browser, browser.post("/sessions", data=CHAIR), "/suggestions/dismiss", reason="wrong", note="")
    [(action,)] = company.query("SELECT action FROM suggestion_outcomes")
    assert "Dismissed: 1 suggestion" in page.text
    again = send(browser, page, "/suggestions/restore")
    assert "It is suggested again." in again.text
    shown = [form.holds["action"][0] for form in forms_of(again.text) if form.action.endswith("/suggestions/done")]
    assert action in shown
    assert "Dismissed: " not in again.text


def test_who_may_only_read_is_offered_no_press(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    session_id = start(client, company, problem_summary=CHAIR["problem_summary"])["id"]
    html = signed_in(Role.VIEWER).get(f"/sessions/{session_id}").text
    assert "Suggested by rules" in html
    assert not [form for form in forms_of(html) if "/suggestions/" in form.action]


def test_a_value_is_asked_once_and_filled_in(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in()
    browser.post("/sessions", data=CHAIR)
    [(session_id,)] = company.query("SELECT id FROM ai_sessions")
    why = "It may be off: `arp -a` lists who is there."
    step = {"action": "Run `ping {{host}}`.", "why": why, "expected": "It answers.", "source": "ai"}
    company.add("ai_session_suggestions", session_id=session_id, position=0, content={"steps": [step]})
    page = browser.get(f"/sessions/{session_id}")
    assert "<code>ping [Host]</code>" in page.text
    assert _copied(page.text) == {"ping [Host]": "Copied, without the Host", "arp -a": "Copied"}
    page = send(browser, page, "/marks", value="pc-1")
    assert "<code>ping pc-1</code>" in page.text
    assert _copied(page.text) == {"ping pc-1": "Copied", "arp -a": "Copied"}
    page = send(browser, page, "/suggestions/done", result="solved", note="")
    assert company.query(
        "SELECT content->>'instruction' FROM ai_session_steps ORDER BY position DESC LIMIT 1"
    ) == [("Run `ping pc-1`.",)]


def test_what_solved_it_leads_to_the_end_filled_in(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in()
    html = send(browser, browser.post("/sessions", data=CHAIR), "/suggestions/done", result="solved", note="").text
    [(action,)] = company.query("SELECT action FROM suggestion_outcomes")
    [resolve] = [form for form in forms_of(html) if form.action.endswith("/resolve")]
    assert resolve.holds["summary"] == [action]
    assert "Ready to resolve" in html
    assert not [form for form in forms_of(html) if "/suggestions/" in form.action]
