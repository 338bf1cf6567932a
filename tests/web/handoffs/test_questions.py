"""Asking back on the pages, as browsers without scripts use them."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import send

QUESTION = "Which printer is it, the <big> one?"


@pytest.fixture
def two(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, TestClient, str, str]:
    """The engineer's and the senior's browser, the session and its handoff, which the senior holds."""
    publish_printer_flow(client, company)
    engineer, senior = signed_in(), signed_in()
    problem = {"problem_summary": "The printer in accounting prints nothing"}
    session = engineer.post("/sessions", data=problem).url.path
    handoff = engineer.post(f"{session}/escalate", data={"reason": "Out of ideas."}).url.path
    senior.post(f"{handoff}/claim")
    return engineer, senior, session, handoff


def test_a_question_is_asked_and_answered_in_the_session(two: tuple[TestClient, TestClient, str, str]) -> None:
    engineer, senior, session, handoff = two
    asked = send(senior, session, f"{handoff}/questions", question=QUESTION)
    assert asked.url.path == session
    assert "Which printer is it, the &lt;big&gt; one?" in asked.text
    assert "no answer yet" in asked.text
    page = engineer.get(session).text
    assert page.index("You are asked") < page.index('id="now"')
    answered = send(engineer, session, "/answer", answer="The small one.")
    assert answered.url.path == session
    assert "You are asked" not in answered.text
    for who, path in ((senior, session), (engineer, session), (senior, handoff), (engineer, handoff)):
        assert "The small one." in who.get(path).text
    assert "The small one." in senior.get(f"{session}/note").text


def test_questions_come_with_the_session_which_is_not_read_again_for_them(
    two: tuple[TestClient, TestClient, str, str],
) -> None:
    engineer, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    for browser in (engineer, senior):
        html = browser.get(session).text
        assert 'class="questions"' in html
        assert f'hx-get="{session}"' not in html


def test_an_answer_is_said_above_all_else_until_who_asked_goes_on(
    two: tuple[TestClient, TestClient, str, str],
) -> None:
    engineer, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    send(engineer, session, "/answer", answer="The small one.")
    page = senior.get(session).text
    assert page.index("has answered: <strong") < page.index('id="now"') < page.index('id="questions-all"')
    assert "has answered:" not in engineer.get(session).text
    send(senior, session, "/steps", free_text="So it is the small one.")
    assert "has answered:" not in senior.get(session).text


def test_while_a_fix_waits_it_is_still_answered_in_the_session(
    two: tuple[TestClient, TestClient, str, str],
) -> None:
    engineer, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    fix = {"fix": "Replaced the drum.", "waiting_for": "a day without faults"}
    assert "no answer yet" in send(senior, f"{session}/verify", "/verify", **fix).text
    page = engineer.get(session).text
    assert page.index("You are asked") < page.index("Where it is now")
    assert f'href="{handoff}">See the handoff' in page
    assert "You are asked" not in send(engineer, session, "/answer", answer="The small one.").text
    said = senior.get(session).text
    assert said.index("has answered: <strong") < said.index('id="now"') < said.index('id="questions-all"')


def test_it_is_asked_and_answered_on_the_handoffs_page_too(
    two: tuple[TestClient, TestClient, str, str],
) -> None:
    engineer, senior, _, handoff = two
    assert send(senior, handoff, "/questions", question=QUESTION).url.path == handoff
    assert send(engineer, handoff, "/answer", answer="The small one.").url.path == handoff
    assert "/answer" not in engineer.get(handoff).text


def test_a_withdrawn_one_asks_nobody(two: tuple[TestClient, TestClient, str, str]) -> None:
    engineer, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    send(senior, session, "/withdraw")
    assert "You are asked" not in engineer.get(session).text
    assert "withdrawn" in senior.get(session).text


def test_an_answer_that_comes_too_late_is_shown_to_who_wrote_it(
    two: tuple[TestClient, TestClient, str, str],
) -> None:
    engineer, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    before = engineer.get(session)
    send(senior, session, "/withdraw")
    late = send(engineer, before, "/answer", answer="The small one.")
    assert late.status_code == 409
    assert "The question has been withdrawn already." in late.text
    assert "The small one." in late.text


def test_the_queue_counts_open_questions(two: tuple[TestClient, TestClient, str, str]) -> None:
    _, senior, session, handoff = two
    assert "question" not in senior.get("/handoffs").text
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    assert re.search(r"1 question open", senior.get("/handoffs").text)
    send(senior, session, f"{handoff}/questions", question="And where?")
    assert re.search(r"2 questions open", senior.get("/handoffs").text)


def test_a_viewer_reads_it_and_is_offered_nothing(
    two: tuple[TestClient, TestClient, str, str], signed_in: SignedIn
) -> None:
    _, senior, session, handoff = two
    send(senior, session, f"{handoff}/questions", question=QUESTION)
    html = signed_in(Role.VIEWER).get(handoff).text
    assert "Which printer is it" in html
    assert "/questions" not in html


@pytest.mark.parametrize("claimed", [False, True])
def test_a_handoff_of_a_log_that_names_nobody_has_nobody_to_ask(
    company: Company, signed_in: SignedIn, claimed: bool
) -> None:
    senior = signed_in(Role.OWNER)
    session = company.add("ai_sessions", created_at="2026-01-20 08:00Z")
    holder = {"claimed_at": "2026-01-20 08:20Z", "claimed_by": company.users[Role.OWNER]} if claimed else {}
    handoff = company.add("session_handoffs", session_id=session, created_at="2026-01-20 08:10Z", **holder)
    for page in (f"/handoffs/{handoff}", f"/sessions/{session}"):
        answer = senior.get(page)
        assert answer.status_code == 200
        assert 'id="ask-question"' not in answer.text
