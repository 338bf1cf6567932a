"""A session that came back from a senior, and is escalated again: nothing that was said is lost."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

ESCALATED = {"reason": "Out of ideas.", "note": "The drum, I guess.", "priority": "high"}


@pytest.fixture
def sent_back(signed_in: SignedIn) -> tuple[TestClient, str, str]:
    """The engineer's browser, the session, and the handoff that was sent back after a question and its answer."""
    engineer, senior = signed_in(), signed_in()
    session = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    counter = ("files", ("counter.log", b"98 %\n"))
    handoff = engineer.post(f"{session}/escalate", data=ESCALATED, files=[counter]).url.path
    senior.post(f"{handoff}/claim")
    send(senior, session, f"{handoff}/questions", question="What does the counter say?")
    send(engineer, session, "/answer", answer="It says 98 %.")
    send(senior, session, "/give-back", reason="Print the counter page.", is_incomplete="true")
    return engineer, session, handoff


def test_the_engineer_still_reads_what_was_asked(sent_back: tuple[TestClient, str, str]) -> None:
    engineer, session, _ = sent_back
    html = engineer.get(session).text
    for words in (
        "Print the counter page.",
        "What does the counter say?",
        "It says 98 %.",
        "Nothing was tried yet.",
    ):
        assert words in html, words


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_the_engineer_still_reads_it_when_it_is_escalated_again(
    sent_back: tuple[TestClient, str, str], is_taken_back: bool
) -> None:
    engineer, session, handoff = sent_back
    again = engineer.post(f"{session}/escalate", data={"reason": "Still odd."}).url.path
    if is_taken_back:
        send(engineer, again, "/give-back", reason="I go on with it myself.")
    html = engineer.get(session).text
    said = html[html.index("Escalated before") :]
    assert f'href="{handoff}"' in said
    for words in ("What does the counter say?", "It says 98 %.", "Print the counter page.", "The drum, I guess."):
        assert html.count(words) == said.count(words) == 1, words


def test_home_says_that_it_came_back_until_it_is_escalated_again(
    sent_back: tuple[TestClient, str, str],
) -> None:
    engineer, session, _ = sent_back
    assert _statuses(engineer) == ["Sent back"]
    again = engineer.post(f"{session}/escalate", data={"reason": "Still odd."}).url.path
    assert _statuses(engineer) == ["Waiting for a senior"]
    send(engineer, again, "/give-back", reason="I go on with it myself.")
    assert _statuses(engineer) == ["Active"]


def _statuses(browser: TestClient) -> list[str]:
    html = browser.get("/").text
    mine = html[html.index("My open sessions") :]
    return re.findall(r'<span class="badge tone-[a-z]+">([^<]+)</span>', mine[: mine.index("</section>")])


def test_the_next_senior_reads_it_in_the_context_and_on_the_handoff(
    sent_back: tuple[TestClient, str, str], signed_in: SignedIn
) -> None:
    engineer, session, handoff = sent_back
    again = engineer.post(f"{session}/escalate", data={"reason": "Still odd."}).url.path
    senior = signed_in(Role.TEAM_ADMIN)
    senior.post(f"{again}/claim")
    for path in (again, session):
        html = senior.get(path).text
        assert f'href="{handoff}"' in html
        for words in ("It says 98 %.", "Print the counter page.", "The drum, I guess.", "counter.log"):
            assert words in html, (path, words)


def test_escalating_again_says_first_why_it_came_back(sent_back: tuple[TestClient, str, str]) -> None:
    engineer, session, handoff = sent_back
    form = engineer.get(f"{session}/escalate").text
    said = form[form.index("this back") : form.index('name="reason"')]
    assert "Print the counter page." in said
    assert "It said too little to work with." in said
    assert f'href="{handoff}"' in said


def test_what_one_took_back_oneself_needs_no_reason(signed_in: SignedIn) -> None:
    engineer = signed_in()
    session = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    handoff = engineer.post(f"{session}/escalate", data=ESCALATED).url.path
    send(engineer, handoff, "/give-back", reason="I go on with it myself.")
    assert "this back" not in engineer.get(f"{session}/escalate").text


def test_what_was_taken_back_is_not_said_to_be_returned(
    sent_back: tuple[TestClient, str, str], signed_in: SignedIn
) -> None:
    engineer, session, _ = sent_back
    second = engineer.post(f"{session}/escalate", data={"reason": "Still odd."}).url.path
    send(engineer, second, "/give-back", reason="I go on with it myself.")
    assert ": Taken back." in " ".join(re.sub(r"<[^>]+>", "", engineer.get(second).text).split())
    third = engineer.post(f"{session}/escalate", data={"reason": "Still odd."}).url.path
    assert "Taken back by" in engineer.get(session).text
    senior = signed_in()
    senior.post(f"{third}/claim")
    send(senior, third, "/give-back", reason="Look at the drum.")
    assert ": Given back." in " ".join(re.sub(r"<[^>]+>", "", engineer.get(third).text).split())
    assert f'href="{third}">See the handoff' in engineer.get(session).text


def test_escalating_again_begins_with_what_the_first_said(sent_back: tuple[TestClient, str, str]) -> None:
    engineer, session, _ = sent_back
    [form] = [
        one for one in forms_of(engineer.get(f"{session}/escalate").text) if one.action.endswith("/escalate")
    ]
    assert {name: form.holds[name] for name in ESCALATED} == {name: [said] for name, said in ESCALATED.items()}
