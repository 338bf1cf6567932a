"""A removal begins wherever somebody wrote: in the problem, a handoff, a question, a suggestion, a file."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join
from tests.sessions.edits.helpers import newest
from tests.sessions.flows import SESSIONS, post, read, start, take
from tests.sessions.postings.connected import Connected
from tests.sessions.removal.everywhere import places_of


class Case:
    """A session that Kim, the engineer, began, and that Ann, a senior, claimed and gave back. Bob looks on."""

    def __init__(self, client: TestClient, company: Company) -> None:
        self.client, self.company = client, company
        self.ann, self.bob = join(client, company, "Ann"), join(client, company, "Bob")
        self.secret = f"hunter-{uuid.uuid4().hex}"
        self.session_id = start(client, company, problem_summary="Something odd happens with my chair")["id"]
        self.handoff_id = ""

    def escalate(self, **why: Any) -> None:
        answer = post(self.client, self.company, f"{self.session_id}/handoffs", **{"reason": "No rights", **why})
        assert answer.status_code == 201, answer.text
        self.handoff_id = answer.json()["id"]

    def act(self, what: str, **said: Any) -> None:
        done(act(self.client, {"id": self.handoff_id}, what, self.ann.headers, **said))

    def problem(self) -> None:
        details = {"problem_summary": "The chair squeaks", "problem_body": f"The chair squeaks. PIN {self.secret}"}
        path = f"{SESSIONS}/{self.session_id}"
        answer = self.client.patch(path, json=details, headers=self.company.headers(Role.ENGINEER))
        assert answer.status_code == 200, answer.text

    def reason(self) -> None:
        self.escalate(reason=f"It is {self.secret}")

    def opinion(self) -> None:
        self.escalate(note=f"I think {self.secret}")

    def tried(self) -> None:
        self.escalate(tried=f"Typed {self.secret}")

    def question(self) -> None:
        self._asked(f"Is it {self.secret}?", None)

    def answer(self) -> None:
        self._asked("Is it on?", f"Yes, {self.secret}")

    def _asked(self, question: str, answer: str | None) -> None:
        self.escalate()
        replied = {"answer": answer, "answered_by": self.company.users[Role.ENGINEER], "answered_at": now()}
        self.company.add(
            "handoff_questions",
            handoff_id=uuid.UUID(self.handoff_id),
            asked_by=self.ann.id,
            question=question,
            **(replied if answer else {}),
        )

    def release(self) -> None:
        self.escalate()
        self.act("claim")
        self.act("release", reason=f"Try {self.secret}")

    def give_back(self) -> None:
        self.escalate()
        self.act("claim")
        self.act("close", outcome="returned", note=f"Try {self.secret}")

    def dismissal(self) -> None:
        became = {"result": "dismissed", "reason": "wrong", "source": "ai", "index": 1, "at": datetime.now(UTC)}
        became |= {"note": f"It is {self.secret}", "action": "Sit", "by": self.company.users[Role.ENGINEER]}
        self.company.add("suggestion_outcomes", session_id=uuid.UUID(self.session_id), **became)

    def suggestion(self) -> None:
        said = {"action": f"Type {self.secret}", "why": "It is known", "expected": "It opens", "source": "ai"}
        content = {"steps": [said]}
        self.company.add(
            "ai_session_suggestions", session_id=uuid.UUID(self.session_id), position=9, content=content
        )

    def ask(self, what: str, who: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
        headers = who or self.company.headers(Role.ENGINEER)
        return self.client.post(f"{SESSIONS}/{self.session_id}/{what}", json=body, headers=headers)


@pytest.fixture
def case(client: TestClient, company: Company) -> Case:
    return Case(client, company)


PLACES: dict[str, Callable[[Case], None]] = {
    one.__name__: one
    for one in (
        *(Case.problem, Case.reason, Case.opinion, Case.tried, Case.question, Case.answer, Case.release),
        *(Case.give_back, Case.dismissal, Case.suggestion),
    )
}
# What Ann wrote; the rest is Kim's, or the copilot's.
OF_ANN = {"question", "release", "give_back"}


@pytest.mark.parametrize("place", PLACES)
def test_a_phrase_is_removed_wherever_somebody_wrote_it(case: Case, place: str) -> None:
    PLACES[place](case)
    assert places_of(case.company.urls, case.secret)
    refused = case.ask("remove", case.bob.headers, phrase=case.secret)
    assert (refused.status_code, case.secret in refused.text) == (403, False)
    seen = case.ask("remove/preview", phrase=case.secret).json()
    removed = case.ask("remove", phrase=case.secret)
    assert (removed.status_code, removed.json()) == (200, seen | {"words": []})
    assert places_of(case.company.urls, case.secret) == set()


@pytest.mark.parametrize("place", sorted(OF_ANN))
def test_who_wrote_it_may_remove_it_though_somebody_else_works_on_it(case: Case, place: str) -> None:
    PLACES[place](case)
    assert case.ask("remove", case.ann.headers, phrase=case.secret).status_code == 200


@pytest.mark.parametrize("where", ["", "steps/{step}/"])
def test_who_does_not_hold_the_session_removes_only_from_their_own_texts(case: Case, where: str) -> None:
    """And from copies of these: Kim wrote the same in the problem, in a step and as the reason."""
    case.problem()
    take(case.client, case.company, case.session_id, free_text=f"Kim types {case.secret}")
    case.reason()
    case.act("claim")
    path = f"{SESSIONS}/{case.session_id}/steps"
    said = case.client.post(path, json={"free_text": f"Ann types {case.secret}"}, headers=case.ann.headers)
    case.act("release", reason=f"Try {case.secret}")
    place = where.format(step=said.json()["steps"][-1]["id"])
    removed = case.ask(f"{place}remove", case.ann.headers, phrase=case.secret)
    assert removed.status_code == 200, removed.text
    after = read(case.client, case.company, case.session_id)
    texts = [one["text"] for one in after["steps"] if one["kind"] == "note"]
    assert texts[-2:] == [f"Kim types {case.secret}", "Ann types [removed]"]
    assert case.secret in after["problem_body"]
    [(reason, snapshot)] = case.company.query("SELECT reason, snapshot FROM session_handoffs")
    assert case.secret in snapshot["problem_body"]
    assert reason == f"It is {case.secret}"
    assert [one["text"] for one in snapshot["notes"]][-1] == f"Kim types {case.secret}"
    released = "SELECT content->>'reason' FROM handoff_events WHERE kind = 'released'"
    assert case.company.query(released) == [("Try [removed]",)]


@pytest.mark.parametrize("place", ["problem", "opinion", "answer"])
def test_who_only_worked_on_it_before_may_not(case: Case, place: str) -> None:
    PLACES[place](case)
    assert case.ask("remove", case.ann.headers, phrase=case.secret).status_code == 403
    assert case.ask("remove", case.company.headers(Role.TEAM_ADMIN), phrase=case.secret).status_code == 200


def test_a_phrase_that_is_nowhere_is_said_at_its_field(case: Case) -> None:
    refused = case.ask("remove", phrase="nowhere-at-all")
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["body.phrase"])


@pytest.mark.parametrize("body", [{}, {"phrase": "hunter2", "file_id": str(uuid.UUID(int=1))}])
def test_a_phrase_or_a_file_is_named(case: Case, body: dict[str, Any]) -> None:
    assert case.ask("remove", **body).status_code == 422


def test_the_session_says_who_removed_when_without_the_words(case: Case) -> None:
    case.problem()
    case.ask("remove", phrase=case.secret)
    [mark] = read(case.client, case.company, case.session_id)["removals"]
    assert (mark["by"], mark["went_out"]) == (str(case.company.users[Role.ENGINEER]), [])
    [(after,)] = case.company.query("SELECT after FROM audit_log WHERE action = 'words.removed'")
    assert after["overwritten"] > 0
    assert case.secret not in json.dumps(after)


def _upload(case: Case, name: str, key: str | None = None) -> str:
    headers = case.company.headers(Role.ENGINEER) | ({"Idempotency-Key": key} if key else {})
    sent = {"file": (name, b"event 41\n")}
    answer = case.client.post("/api/v1/attachments", files=sent, headers=headers)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def test_a_file_of_a_handoff_is_erased_with_its_name(case: Case) -> None:
    log = _upload(case, f"{case.secret}.log")
    case.escalate(attachments=[log])
    assert case.ask("remove", case.bob.headers, file_id=log).status_code == 403
    assert case.ask("remove/preview", file_id=log).json()["words"] == [f"{case.secret}.log"]
    assert case.ask("remove", file_id=log).status_code == 200
    assert places_of(case.company.urls, case.secret) == set()
    assert case.company.query("SELECT 1 FROM attachment_chunks WHERE attachment_id = %s", uuid.UUID(log)) == []
    handoff = case.client.get(f"/api/v1/handoffs/{case.handoff_id}", headers=case.ann.headers).json()
    assert [one["name"] for one in handoff["attachments"]] == ["removed file"]
    assert case.ask("remove", file_id=log).status_code == 404


def test_the_stored_answer_to_an_upload_forgets_the_name(case: Case) -> None:
    log = _upload(case, f"Of {case.secret}.log", key="upload")
    take(case.client, case.company, case.session_id, free_text="The log", attachments=[log])
    answer = "SELECT answer->>'name' FROM idempotency_keys WHERE key = 'upload'"
    assert case.company.query(answer) == [(f"Of {case.secret}.log",)]
    assert case.ask("remove", phrase=case.secret).status_code == 200
    assert case.company.query(answer) == [(None,)]


def test_of_two_files_of_a_note_one_goes_and_who_added_it_may(case: Case) -> None:
    first, second = _upload(case, "error.log"), _upload(case, "system.log")
    note = newest(take(case.client, case.company, case.session_id, attachments=[first, second]), "note")
    assert case.ask("remove", file_id=first).status_code == 200
    [after] = [one for one in read(case.client, case.company, case.session_id)["steps"] if one["id"] == note["id"]]
    assert [one["name"] for one in after["attachments"]] == ["removed file", "system.log"]
    assert after["text"] == "[removed], system.log"


def test_a_name_is_overwritten_at_the_file_and_a_file_on_the_ticket_is_listed(
    client: TestClient, company: Company, case: Case
) -> None:
    desk = Connected(client, company)
    desk.connect()
    desk.rules(ticket_url_template="https://desk.example/{ticket}")
    case.session_id = desk.session()
    log = _upload(case, f"Of {case.secret}.log")
    note = newest(take(client, company, case.session_id, free_text="The log", attachments=[log]), "note")
    desk.resolve(case.session_id)
    [(posting,)] = company.query("SELECT id FROM psa_postings")
    sent = {"kind": "file", "marker": "FP-1", "state": "confirmed", "external_id": "7", "position": 9}
    company.add("psa_posting_steps", posting_id=posting, attachment_id=uuid.UUID(log), **sent)
    path = f"{case.session_id}/steps/{note['id']}/remove"
    by_phrase = post(client, company, f"{path}/preview", phrase=case.secret).json()
    assert "A file on ticket 4711" in [one["text"] for one in by_phrase["went_out"]]
    assert post(client, company, path, phrase=case.secret).status_code == 200
    assert company.query("SELECT name FROM attachments") == [("Of [removed].log",)]
    removed = post(client, company, path).json()
    assert ("A file on ticket 4711", "https://desk.example/4711") in [
        (one["text"], one["url"]) for one in removed["went_out"]
    ]


@pytest.mark.parametrize("version", ["this", "the previous"])
def test_a_stored_answer_is_found_by_its_session(case: Case, version: str) -> None:
    headers = case.company.headers(Role.ENGINEER) | {"Idempotency-Key": "step"}
    path = f"{SESSIONS}/{case.session_id}/steps"
    assert case.client.post(path, headers=headers, json={"free_text": case.secret}).status_code == 201
    subject = "SELECT subject_id FROM idempotency_keys WHERE key = 'step'"
    assert case.company.query(subject) == [(uuid.UUID(case.session_id),)]
    if version == "the previous":
        case.company.query("UPDATE idempotency_keys SET subject_id = NULL RETURNING 1")
    assert case.ask("remove", phrase=case.secret).status_code == 200
    assert places_of(case.company.urls, case.secret) == set()


def test_the_answer_to_an_upload_that_was_discarded_has_no_name(case: Case) -> None:
    log = _upload(case, f"Of {case.secret}.log", key="upload")
    path, headers = f"/api/v1/attachments/{log}", case.company.headers(Role.ENGINEER)
    assert case.client.delete(path, headers=headers).status_code == 204
    assert places_of(case.company.urls, case.secret) == set()
