"""What somebody wrote in an escalation, a question or an answer is corrected or struck by them: both are kept."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import join
from tests.sessions.flows import post, start
from tests.sessions.postings.connected import Connected

SAID: dict[str, Any] = {"reason": "No rihgts", "note": "A card of the driver", "tried": "Turned it off"}


class Case:
    """A session that Kim escalated, and in which Ann asked back."""

    def __init__(self, client: TestClient, company: Company, **said: str) -> None:
        self.client, self.company = client, company
        self.kim, self.ann = company.headers(Role.ENGINEER), join(client, company, "Ann").headers
        self.session_id = start(client, company, problem_summary="Something odd happens with my chair")["id"]
        self.handoff = post(client, company, f"{self.session_id}/handoffs", **(SAID | said)).json()
        self.at = f"/api/v1/handoffs/{self.handoff['id']}"
        asked = client.post(f"{self.at}/questions", json={"question": "Is it no?"}, headers=self.ann).json()
        self.question: str = asked["questions"][0]["id"]
        self.client.post(f"{self.at}/questions/{self.question}/answer", json={"answer": "Yse"}, headers=self.kim)

    def correct(self, who: dict[str, str], part: str, text: str | None, was: str, **more: Any) -> httpx2.Response:
        body = {"part": part, "text": text, "was": was, **more}
        return self.client.post(f"{self.at}/texts", json=body, headers=who)

    def note(self) -> str:
        path = f"/api/v1/ai-sessions/{self.session_id}/documentation"
        return str(self.client.get(path, headers=self.kim).json())


@pytest.fixture
def case(client: TestClient, company: Company) -> Case:
    return Case(client, company)


@pytest.mark.parametrize("part", SAID)
def test_the_note_and_the_handoff_have_the_last_words_and_the_record_both(case: Case, part: str) -> None:
    done = case.correct(case.kim, part, "Other words", SAID[part])
    assert done.status_code == 200, done.text
    assert [(one["part"], one["text"]) for one in done.json()["edits"]] == [(part, SAID[part])]
    assert (SAID[part] in case.note(), "Other words" in case.note()) == (False, True)
    if part != "reason":
        assert "Other words" in str(done.json()["snapshot"])


@pytest.mark.parametrize(("stored", "sent"), [("A\r\nB", "A\nB"), ("A\nB", "A\r\nB"), ("A\rB", "A\r\nB")])
@pytest.mark.parametrize("part", ["note", "tried"])
def test_a_text_of_two_lines_is_corrected_from_any_form(
    client: TestClient, company: Company, part: str, stored: str, sent: str
) -> None:
    case = Case(client, company, **{part: stored})
    assert case.correct(case.kim, part, "Other words", sent).status_code == 200


@pytest.mark.parametrize("part", ["note", "tried"])
def test_of_a_text_that_was_stored_with_other_line_breaks_only_other_words_are_a_correction(
    case: Case, part: str
) -> None:
    as_before = {"note": "note = E'A\\r\\nB'", "tried": """snapshot = '{"tried": [{"note": "A\\r\\nB"}]}'"""}
    case.company.query(f"UPDATE session_handoffs SET {as_before[part]} RETURNING id")
    same = case.correct(case.kim, part, "A\nB", "A\nB")
    assert (same.status_code, same.json()["edits"]) == (200, [])
    other = case.correct(case.kim, part, "A\nC", "A\nB").json()
    assert [one["text"] for one in other["edits"]] == ["A\r\nB"]


@pytest.mark.parametrize("part", ["note", "tried"])
def test_a_struck_text_is_not_in_the_note_and_may_be_corrected_back(case: Case, part: str) -> None:
    struck = case.correct(case.kim, part, None, SAID[part])
    assert (struck.status_code, SAID[part] in case.note()) == (200, False)
    assert (part in struck.json()["correctable"], part in struck.json()["strikable"]) == (True, False)
    assert case.correct(case.kim, part, SAID[part], "").status_code == 200
    assert SAID[part] in case.note()


def test_a_reason_is_a_line_however_it_is_corrected(case: Case) -> None:
    """It stands in headings, e-mails and chat."""
    turned = "\u202e" * 100 + "No" + "\n" * 3_000 + "rights" + "x" * 191
    done = case.correct(case.kim, "reason", turned, "No rihgts")
    assert (done.status_code, done.json()["reason"]) == (200, "No rights" + "x" * 191)
    too_long = case.correct(case.kim, "reason", "x" * 201, "No rights" + "x" * 191)
    assert (too_long.status_code, "Enter at most 200 characters." in too_long.text) == (422, True)


def test_who_asked_corrects_the_question_and_who_answered_the_answer(case: Case) -> None:
    which = {"question_id": case.question}
    assert case.correct(case.kim, "question", "Is it on?", "Is it no?", **which).status_code == 403
    assert case.correct(case.ann, "answer", "Yes", "Yse", **which).status_code == 403
    assert case.correct(case.ann, "question", "Is it on?", "Is it no?", **which).status_code == 200
    done = case.correct(case.kim, "answer", "Yes", "Yse", **which).json()["questions"][0]
    assert (done["question"], done["answer"]) == ("Is it on?", "Yes")
    assert [one["text"] for one in done["edits"]] == ["Is it no?", "Yse"]
    assert (done["correctable"], done["strikable"]) == (["answer"], ["answer"])


@pytest.mark.parametrize("part", ["reason", "note"])
def test_what_has_changed_meanwhile_or_was_removed_is_not_written_over(case: Case, part: str) -> None:
    assert case.correct(case.kim, part, "Other words", "What I never saw").status_code == 409
    removed = post(case.client, case.company, f"{case.session_id}/remove", phrase=SAID[part])
    assert removed.status_code == 200, removed.text
    assert case.correct(case.kim, part, "Other words", SAID[part]).status_code == 409


def test_why_it_was_handed_over_is_corrected_and_not_struck(case: Case) -> None:
    assert case.correct(case.kim, "reason", None, SAID["reason"]).status_code == 409
    assert case.correct(case.kim, "reason", "x" * 201, SAID["reason"]).status_code == 422


def test_a_removal_takes_what_a_text_said_before(case: Case) -> None:
    assert case.correct(case.kim, "note", "Other words", SAID["note"]).status_code == 200
    assert post(case.client, case.company, f"{case.session_id}/remove", phrase="A card").status_code == 200
    [(edits,)] = case.company.query("SELECT edits FROM session_handoffs")
    assert [one["text"] for one in edits] == ["[removed] of the driver"]


def test_a_note_that_waits_is_written_again(client: TestClient, company: Company) -> None:
    desk = Connected(client, company)
    desk.connect()
    desk.rules(posts_escalation=True, hold_minutes=10)
    session_id = desk.session()
    handoff = post(client, company, f"{session_id}/handoffs", **SAID).json()
    body = {"part": "reason", "text": "No rights", "was": SAID["reason"]}
    path = f"/api/v1/handoffs/{handoff['id']}/texts"
    assert client.post(path, json=body, headers=company.headers(Role.ENGINEER)).status_code == 200
    [posting] = desk.postings(session_id)
    assert ("No rights" in posting["text"], SAID["reason"] in posting["text"]) == (True, False)
