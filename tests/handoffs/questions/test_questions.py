"""A senior asks the engineer back: nothing pauses, no clock stops, and both stand in the note."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, act, check_laws, claimed_by_kim, done, hand_over, jobs_of, join, read
from tests.sessions.flows import SESSIONS
from tests.sessions.flows import read as read_session

QUESTION = "Which chair is it?"
ANSWER = "The red one."


@pytest.fixture
def held(client: TestClient, company: Company) -> tuple[dict[str, Any], Person]:
    """A handoff of the account's engineer that Kim holds, and Kim."""
    return claimed_by_kim(client, company)


def ask(client: TestClient, handoff: dict[str, Any], who: dict[str, str], question: str = QUESTION) -> Response:
    path = f"/api/v1/handoffs/{handoff['id']}/questions"
    return client.post(path, headers=who, json={"question": question})


def asked(client: TestClient, handoff: dict[str, Any], who: dict[str, str], question: str = QUESTION) -> str:
    answer = ask(client, handoff, who, question)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["questions"][-1]["id"])


def settle(
    client: TestClient, handoff: dict[str, Any], question: str, how: str, who: dict[str, str], **body: Any
) -> Response:
    path = f"/api/v1/handoffs/{handoff['id']}/questions/{question}/{how}"
    return client.post(path, headers=who, json=body or None)


def test_it_is_asked_and_answered_with_who_and_when(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    question = asked(client, handoff, kim.headers)
    assert read(client, company, handoff)["n_open_questions"] == 1
    said = done(settle(client, handoff, question, "answer", company.headers(Role.ENGINEER), answer=ANSWER))
    [one] = said["questions"]
    assert (one["question"], one["answer"], one["withdrawn_at"]) == (QUESTION, ANSWER, None)
    assert one["asked_by"] == {"id": str(kim.id), "name": "Kim"}
    assert one["answered_by"] == {"id": str(company.users[Role.ENGINEER]), "name": "engineer"}
    assert one["answered_at"] > one["asked_at"]
    assert said["n_open_questions"] == 0


def test_it_is_no_step_and_stops_no_clock(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    session, before = read_session(client, company, handoff["session_id"]), read(client, company, handoff)
    question = asked(client, handoff, kim.headers)
    settle(client, handoff, question, "answer", company.headers(Role.ENGINEER), answer=ANSWER)
    moved = read_session(client, company, handoff["session_id"])
    assert {key for key in moved if moved[key] != session[key]} == {"last_activity_at", "version"}
    # What was answered was asked and found.
    changed = {"questions", "events", "allowed", "missing"}
    after = read(client, company, handoff)
    assert {key for key in after if after[key] != before[key]} <= changed
    assert before["lease_expires_at"] is not None
    assert after["first_action_at"] is after["claimant_action_at"] is None
    check_laws(company)


def test_each_moves_the_version_of_the_session(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    # An open page that missed the event sees by it that there is something to read.
    handoff, kim = held
    versions = [read_session(client, company, handoff["session_id"])["version"]]
    question = asked(client, handoff, kim.headers)
    versions.append(read_session(client, company, handoff["session_id"])["version"])
    settle(client, handoff, question, "answer", company.headers(Role.ENGINEER), answer=ANSWER)
    versions.append(read_session(client, company, handoff["session_id"])["version"])
    settle(client, handoff, asked(client, handoff, kim.headers), "withdraw", kim.headers)
    versions.append(read_session(client, company, handoff["session_id"])["version"])
    assert versions == sorted(set(versions))


def test_the_words_are_in_no_event_and_both_pages_hear_of_it(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    question = asked(client, handoff, kim.headers)
    settle(client, handoff, question, "answer", company.headers(Role.ENGINEER), answer=ANSWER)
    events = read(client, company, handoff)["events"][-2:]
    about = {"question": question, "asked_by": str(kim.id)}
    assert [(one["kind"], one["content"]) for one in events] == [("asked", about), ("answered", about)]
    assert len(jobs_of(company, "handoffs.notify")) == 4


def test_several_may_be_open_and_one_is_withdrawn_by_who_asked_it(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    first, second = asked(client, handoff, kim.headers), asked(client, handoff, kim.headers, "And which wheel?")
    engineer = company.headers(Role.ENGINEER)
    assert settle(client, handoff, first, "withdraw", engineer).status_code == 403
    assert done(settle(client, handoff, first, "withdraw", kim.headers))["n_open_questions"] == 1
    late = settle(client, handoff, first, "answer", engineer, answer=ANSWER)
    assert (late.status_code, late.json()["type"]) == (409, "urn:flowpilot:problem:question-settled")
    assert settle(client, handoff, second, "answer", engineer, answer=ANSWER).status_code == 200
    assert settle(client, handoff, second, "withdraw", kim.headers).status_code == 409


def test_while_it_waits_everybody_who_may_claim_it_asks(client: TestClient, company: Company) -> None:
    handoff, lou = hand_over(client, company), join(client, company, "Lou")
    asked(client, handoff, lou.headers)
    assert ask(client, handoff, company.headers(Role.ENGINEER)).status_code == 409  # They would ask themselves.
    assert ask(client, handoff, company.headers(Role.VIEWER)).status_code == 403


def test_once_somebody_holds_it_others_ask_no_more(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, _ = held
    lou = join(client, company, "Lou")
    assert ask(client, handoff, lou.headers).status_code == 403
    assert ask(client, handoff, company.headers(Role.TEAM_ADMIN)).status_code == 201


def test_who_works_on_the_session_answers_and_nobody_else(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    question, lou = asked(client, handoff, kim.headers), join(client, company, "Lou")
    for who in (kim.headers, lou.headers, company.headers(Role.VIEWER)):
        assert settle(client, handoff, question, "answer", who, answer=ANSWER).status_code == 403
    done(settle(client, handoff, question, "answer", company.headers(Role.OWNER), answer=ANSWER))


def test_a_closed_handoff_takes_neither_questions_nor_answers(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    question = asked(client, handoff, kim.headers)
    done(act(client, handoff, "close", kim.headers, outcome="returned", note="Ask the user."))
    assert ask(client, handoff, kim.headers).status_code == 409
    answer = settle(client, handoff, question, "answer", company.headers(Role.ENGINEER), answer=ANSWER)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:handoff-closed")


def test_offers_and_refusals_are_one_rule(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    asked(client, handoff, kim.headers)
    path = f"/api/v1/handoffs/{handoff['id']}"
    offers = {
        name: client.get(path, headers=headers).json()["questions"][0]["allowed"]
        for name, headers in (
            ("holder", kim.headers),
            ("engineer", company.headers(Role.ENGINEER)),
            ("admin", company.headers(Role.TEAM_ADMIN)),
            ("viewer", company.headers(Role.VIEWER)),
        )
    }
    assert offers == {"holder": ["withdraw"], "engineer": ["answer"], "admin": ["answer"], "viewer": []}


def test_both_stand_in_the_note_and_what_was_withdrawn_does_not(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    first, gone = asked(client, handoff, kim.headers), asked(client, handoff, kim.headers, "Is it loud?")
    asked(client, handoff, kim.headers, "Which wheel?")
    settle(client, handoff, first, "answer", company.headers(Role.ENGINEER), answer=ANSWER)
    settle(client, handoff, gone, "withdraw", kim.headers)
    path = f"{SESSIONS}/{handoff['session_id']}/documentation"
    text = client.get(path, headers=kim.headers).json()["text"]
    section = text.split("ASKED BACK\n")[1].split("\n\n")[0]
    times = [line[: line.index(": ")] for line in section.splitlines()]
    words = [line[line.index(": ") + 2 :] for line in section.splitlines()]
    assert [time.lstrip("- ").split(",")[0] for time in times] == ["Kim", "engineer", "Kim"]
    assert words == [QUESTION, ANSWER, "Which wheel? (not answered yet)"]


def test_sent_again_it_is_asked_once(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    again = kim.headers | {"Idempotency-Key": str(new_id())}
    assert [ask(client, handoff, again).status_code for _ in range(2)] == [201, 201]
    assert read(client, company, handoff)["n_open_questions"] == 1


def test_an_empty_question_is_malformed(
    client: TestClient, company: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    assert ask(client, handoff, kim.headers, "  ").status_code == 422


def test_a_neighbour_finds_neither_the_handoff_nor_its_questions(
    client: TestClient, company: Company, neighbour: Company, held: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = held
    question = asked(client, handoff, kim.headers)
    stranger = neighbour.headers()
    assert ask(client, handoff, stranger).status_code == 404
    assert settle(client, handoff, question, "answer", stranger, answer=ANSWER).status_code == 404
    assert settle(client, handoff, str(uuid.uuid4()), "withdraw", kim.headers).status_code == 404
