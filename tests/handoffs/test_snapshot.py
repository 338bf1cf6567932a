"""The snapshot: what a session knows at the moment in which it is handed over."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.handoffs.snapshot import take_snapshot
from flowpilot.identity.actor import Role
from flowpilot.sessions.models import AISession, AISessionStep, StepKind
from flowpilot.sessions.queries import SessionHistory
from tests.company import Company, at
from tests.handoffs.helpers import act, done, join, read, send_escalation
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import publish_printer_flow, start, take

FEW_WORDS = "The problem is described in a few words only: what exactly happens, and where?"
NO_DOMAIN = "The domain is not set."
NO_CLIENT = "The client is not named."
NO_TICKET = "No ticket is linked."
NOTHING_FOUND = "Nothing was asked or found yet."
NOTHING_TRIED = "Nothing was tried yet."
NO_OPINION = "The engineer has not said what they think it is."


def _step(client: TestClient, company: Company, session_id: str, action: str = "steps", **body: Any) -> None:
    path = f"/api/v1/ai-sessions/{session_id}/{action}"
    answer = client.post(path, headers=company.headers(Role.ENGINEER), json=body or None)
    assert answer.status_code in {200, 201}, answer.text


def test_a_worked_example(client: TestClient, company: Company) -> None:
    """An answer that was undone is left out; instructions carried out and notes stay."""
    flow = str(publish_printer_flow(client, company))
    session_id = start(client, company, flow_id=flow, client_name="Bakery", problem_summary="Prints nothing")["id"]
    _step(client, company, session_id, choice="No")
    _step(client, company, session_id, action="back")
    _step(client, company, session_id, free_text="It blinks red")
    _step(client, company, session_id, choice="Yes")
    _step(client, company, session_id, free_text="The queue is empty.")
    handoff = send_escalation(client, company, session_id, note="The power supply.").json()

    query = "SELECT position, created_at FROM ai_session_steps"
    moments = {position: moment.isoformat() for position, moment in company.query(query)}
    me = str(company.users[Role.ENGINEER])
    asked = {"question": "Is the printer on?", "node": "power", "by": me}
    assert handoff["snapshot"] == {
        "problem": "Prints nothing",
        "domain": "printing",
        "client": "Bakery",
        "ticket": None,
        "flow": {"id": str(flow), "name": "Printer prints nothing", "version": 1},
        "node": {"id": "queue", "text": "Clear the print queue."},
        "facts": [{**asked, "choice": "Yes", "at": moments[4]}],
        "tried": [],
        # Own words at a question are a note: the question was open, and was answered later.
        "notes": [
            {"noted_at": asked["question"], "text": "It blinks red", "node": "power", "by": me, "at": moments[3]},
            {"text": "The queue is empty.", "node": "queue", "by": me, "at": moments[5]},
        ],
        "left": [{"node": "queue", "instruction": "Clear the print queue."}],
        "opinion": "The power supply.",
        "missing": [FEW_WORDS, NO_TICKET, NOTHING_TRIED],
        "completeness": 0.57,
    }
    assert handoff["completeness"] == 0.57


def test_tried_steps_say_their_result(client: TestClient, company: Company) -> None:
    session_id = start(client, company, flow_id=str(publish_printer_flow(client, company)))["id"]
    _step(client, company, session_id, choice="No")
    _step(client, company, session_id, outcome="Still nothing", note="It beeps.")
    snapshot = send_escalation(client, company, session_id).json()["snapshot"]
    [tried] = snapshot["tried"]
    assert tried.pop("at")
    assert tried == {
        "instruction": "Switch it on.",
        "outcome": "Still nothing",
        "note": "It beeps.",
        "node": "switch_on",
        "by": str(company.users[Role.ENGINEER]),
    }
    assert snapshot["missing"] == [NO_CLIENT, NO_TICKET, NO_OPINION]


def test_the_remaining_steps_are_those_the_flow_may_still_ask_for(client: TestClient, company: Company) -> None:
    session_id = start(client, company, flow_id=str(publish_printer_flow(client, company)))["id"]
    snapshot = send_escalation(client, company, session_id).json()["snapshot"]
    assert snapshot["left"] == [
        {"node": "queue", "instruction": "Clear the print queue."},
        {"node": "switch_on", "instruction": "Switch it on."},
    ]


def test_without_a_flow_nothing_is_left(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary="The coffee machine leaks again")["id"]
    snapshot = send_escalation(client, company, session_id).json()["snapshot"]
    assert (snapshot["flow"], snapshot["node"], snapshot["left"]) == (None, None, [])


def test_it_stays_as_it_was(client: TestClient, company: Company) -> None:
    """Later work is in the session, not in the snapshot."""
    session_id = start(client, company)["id"]
    handoff = send_escalation(client, company, session_id).json()
    senior = join(client, company, "Kim")
    done(act(client, handoff, "claim", senior.headers))
    _step(client, company, session_id, free_text="One more thing.")
    read = client.get(f"/api/v1/handoffs/{handoff['id']}", headers=senior.headers)
    assert done(read)["snapshot"] == handoff["snapshot"]


def test_while_it_is_open_it_says_what_the_session_says_now(client: TestClient, company: Company) -> None:
    """The senior must not rely on what the engineer has corrected, struck or taken back since."""
    session_id = start(client, company, flow_id=str(publish_printer_flow(client, company)))["id"]
    noted = newest(take(client, company, session_id, free_text="Port 7."), "answer")
    answered = newest(take(client, company, session_id, choice="Yes"), "answer")
    handoff = send_escalation(client, company, session_id, tried="Turned it off.").json()
    _step(client, company, session_id, free_text="Said later.")

    def said() -> str:
        found = read(client, company, handoff)
        assert "Turned it off." in str(found["snapshot"]["tried"])
        assert found["snapshot"]["missing"] == handoff["snapshot"]["missing"]
        assert "Said later." not in str(found["snapshot"])
        return str((*(found["snapshot"][name] for name in ("facts", "notes")), found["assessment"]["summary"]))

    assert "Port 7." in said()
    edit(client, company, noted, "correct", text="Port 9.")
    assert ("Port 7." in said(), "Port 9." in said()) == (False, True)
    edit(client, company, noted, "strike")
    assert "Port" not in said()
    assert "'Yes'" in said()
    edit(client, company, answered, "take-back")
    assert "'Yes'" not in said()


def test_once_it_is_closed_it_keeps_what_it_said(client: TestClient, company: Company) -> None:
    session_id = start(client, company, flow_id=str(publish_printer_flow(client, company)))["id"]
    noted = newest(take(client, company, session_id, free_text="Port 7."), "answer")
    handoff = send_escalation(client, company, session_id).json()
    closed = done(act(client, handoff, "close", company.headers(Role.ENGINEER), outcome="returned"))
    edit(client, company, noted, "correct", text="Port 9.")
    after = read(client, company, handoff)
    assert (after["snapshot"], after["assessment"]) == (closed["snapshot"], closed["assessment"])


@pytest.mark.parametrize("is_closed", [False, True])
def test_an_opinion_that_was_struck_is_summed_up_no_more(
    client: TestClient, company: Company, *, is_closed: bool
) -> None:
    handoff = send_escalation(client, company, start(client, company)["id"], note="The fuse.").json()
    who = company.headers(Role.ENGINEER)
    if is_closed:
        done(act(client, handoff, "close", who, outcome="returned"))
    assert "The fuse." in handoff["assessment"]["summary"]
    body = {"part": "note", "text": None, "was": "The fuse."}
    struck = done(client.post(f"/api/v1/handoffs/{handoff['id']}/texts", json=body, headers=who))
    assert (struck["snapshot"]["opinion"], "fuse" in struck["assessment"]["summary"]) == ("", False)


def test_a_second_handoff_has_a_snapshot_of_its_own(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    first = send_escalation(client, company, session_id).json()
    done(act(client, first, "close", company.headers(Role.ENGINEER), outcome="returned"))
    _step(client, company, session_id, free_text="One more thing.")
    second = send_escalation(client, company, session_id).json()
    assert (
        first["snapshot"]["notes"],
        [note["text"] for note in second["snapshot"]["notes"]],
    ) == ([], ["One more thing."])


def test_the_rules_assess_it_at_once(client: TestClient, company: Company) -> None:
    session_id = start(client, company, flow_id=str(publish_printer_flow(client, company)))["id"]
    handoff = send_escalation(client, company, session_id, note="The power supply.").json()
    assert handoff["assessment"]["source"] == "rules"
    assert handoff["assessment"]["missing"] == handoff["snapshot"]["missing"]
    assert handoff["assessment"]["next_steps"] == ["Clear the print queue.", "Switch it on."]
    assert "The power supply." in handoff["assessment"]["summary"]


def _history(kinds: list[StepKind], **about: str | None) -> SessionHistory:
    ids = {"account_id": uuid.UUID(int=1), "session_id": uuid.UUID(int=2)}
    steps = [
        AISessionStep(**ids, position=position, kind=kind, content={}, created_at=at("2026-06-15 12:00"))
        for position, kind in enumerate(kinds, start=1)
    ]
    return SessionHistory(AISession(**about), steps, [], None, None, None, {})


ALL: dict[str, str | None] = {
    "problem_summary": "The printer shows no light",
    "problem_domain": "printing",
    "client_name": "Bakery",
    "psa_ticket_id": "4711",
}
BOTH = [StepKind.ANSWER, StepKind.OUTCOME]


def test_with_all_of_it_nothing_is_missing() -> None:
    snapshot = take_snapshot(_history(BOTH, **ALL), "The power supply.")
    assert (snapshot["completeness"], snapshot["missing"]) == (1.0, [])


def test_an_empty_session_misses_everything() -> None:
    snapshot = take_snapshot(_history([], problem_summary=""), "")
    assert snapshot["completeness"] == 0.0
    assert snapshot["missing"] == [
        FEW_WORDS,
        NO_DOMAIN,
        NO_CLIENT,
        NO_TICKET,
        NOTHING_FOUND,
        NOTHING_TRIED,
        NO_OPINION,
    ]


@pytest.mark.parametrize(
    ("history", "note", "sentence"),
    [
        (_history(BOTH, **ALL | {"problem_summary": "Printer shows no light"}), "Power.", FEW_WORDS),
        (_history(BOTH, **ALL | {"problem_domain": None}), "Power.", NO_DOMAIN),
        (_history(BOTH, **ALL | {"client_name": None}), "Power.", NO_CLIENT),
        (_history(BOTH, **ALL | {"psa_ticket_id": None}), "Power.", NO_TICKET),
        (_history([StepKind.OUTCOME], **ALL), "Power.", NOTHING_FOUND),
        (_history([StepKind.ANSWER], **ALL), "Power.", NOTHING_TRIED),
        (_history(BOTH, **ALL), "", NO_OPINION),
    ],
)
def test_each_missing_thing_counts_for_a_seventh(history: SessionHistory, note: str, sentence: str) -> None:
    snapshot = take_snapshot(history, note)
    assert (snapshot["completeness"], snapshot["missing"]) == (0.86, [sentence])


def test_a_note_is_something_that_was_found() -> None:
    history = _history([StepKind.NOTE, StepKind.OUTCOME], **ALL)
    assert take_snapshot(history, "Power.")["missing"] == []


def test_an_answer_that_was_taken_back_was_not_found() -> None:
    history = _history([StepKind.ANSWER, StepKind.BACK, StepKind.OUTCOME], **ALL)
    history.steps[0].content = {"question": "Is it on?", "choice": "Yes", "node": "a", "next": "b"}
    assert take_snapshot(history, "Power.")["missing"] == [NOTHING_FOUND]


def test_a_flow_that_was_chosen_is_nothing_found() -> None:
    history = _history([StepKind.FLOW, StepKind.OUTCOME], **ALL)
    snapshot = take_snapshot(replace(history, flow_name="Printer", flow_number=3), "Power.")
    assert (snapshot["flow"], snapshot["missing"]) == ({"name": "Printer", "version": 3}, [NOTHING_FOUND])


def test_a_suggestion_that_is_a_question_is_known_and_not_tried() -> None:
    history = _history([StepKind.OUTCOME], **ALL)
    asked = {"instruction": "Ask who is affected: one or all?", "outcome": "Done", "suggestion": "rules"}
    history.steps[0].content = asked
    snapshot = take_snapshot(history, "Power.")
    assert [one["instruction"] for one in snapshot["facts"]] == [asked["instruction"]]
    assert (snapshot["tried"], snapshot["missing"]) == ([], [NOTHING_TRIED])


def test_an_answer_to_a_senior_was_asked_and_found() -> None:
    history = _history([StepKind.OUTCOME], **ALL)
    assert take_snapshot(history, "Power.", is_answered=True)["missing"] == []
