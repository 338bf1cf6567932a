"""What a person wrote can be corrected and struck: the record keeps all of it, the note has the last."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.sessions.edits import decisions
from flowpilot.sessions.edits.record import StepRecord
from flowpilot.sessions.models import AISessionStep, StepKind
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.edits.helpers import ask, edit, newest, note_of
from tests.sessions.flows import count_wrong, post, read, take


@pytest.fixture
def noted(client: TestClient, company: Company, session_id: str) -> dict[str, Any]:
    """A note in a session."""
    take(client, company, session_id, choice="Yes")
    return newest(take(client, company, session_id, free_text="It blinks red."), "note")


def _step(state: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in state["steps"] if one["id"] == step["id"])
    return found


def test_the_note_has_the_last_wording_and_the_record_all(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    edit(client, company, noted, "correct", text="It blinks green.")
    state = edit(client, company, noted, "correct", text="It blinks blue.")
    step = _step(state, noted)
    assert (step["content"]["text"], step["text"]) == ("It blinks red.", "It blinks blue.")
    assert [one["text"] for one in step["earlier"]] == ["It blinks red.", "It blinks green."]
    assert step["corrected"]["by"] == str(company.users[Role.ENGINEER])
    note = note_of(client, company, noted["session_id"])
    assert "It blinks blue." in note
    assert "red" not in note
    assert "green" not in note
    assert count_wrong(company) == 0


def test_a_correction_is_a_step_that_names_its_own_and_leaves_the_session_where_it_is(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    before = read(client, company, noted["session_id"])
    state = edit(client, company, noted, "correct", text="It blinks green.")
    made = state["steps"][-1]
    assert (made["kind"], made["position"]) == ("correct", before["step_count"] + 1)
    assert made["content"] == {"step": noted["id"], "text": "It blinks green."}
    assert (state["current"]["id"], state["trail"]) == (before["current"]["id"], before["trail"])
    assert made["id"] not in state["standing"]


def test_the_same_wording_twice_is_recorded_once(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    first = edit(client, company, noted, "correct", text="It blinks green.")
    second = edit(client, company, noted, "correct", text="It blinks green.")
    assert second["step_count"] == first["step_count"]


def test_other_line_breaks_are_the_same_wording(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    noted = newest(take(client, company, session_id, free_text="It blinks.\r\nRed."), "note")
    assert noted["content"]["text"] == "It blinks.\nRed."
    same = edit(client, company, noted, "correct", text="It blinks.\r\nRed.")
    assert newest(same, "note")["earlier"] == []
    stored_before = AISessionStep(kind=StepKind.NOTE, is_free_text=False, content={"text": "It blinks.\r\nRed."})
    assert decisions.correct(stored_before, StepRecord(), "It blinks.\nRed.") is None


def test_what_is_struck_is_not_in_the_note_and_stays_on_record(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    state = edit(client, company, noted, "strike")
    step = _step(state, noted)
    assert (step["text"], step["content"]["text"]) == (None, "It blinks red.")
    assert step["struck"]["by"] == str(company.users[Role.ENGINEER])
    assert noted["id"] not in state["standing"]
    assert "blinks" not in note_of(client, company, noted["session_id"])


def test_what_was_struck_stands_again_once_it_is_corrected(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    edit(client, company, noted, "strike")
    state = edit(client, company, noted, "correct", text="It blinks red.")
    assert (_step(state, noted)["struck"], noted["id"] in state["standing"]) == (None, True)
    assert "It blinks red." in note_of(client, company, noted["session_id"])


def test_what_is_struck_cannot_be_struck_again(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    edit(client, company, noted, "strike")
    assert ask(client, company, noted, "strike").status_code == 409


def test_an_outcome_stays_without_its_note(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(
        take(client, company, session_id, outcome="Still nothing", note="The fuse is warm."), "outcome"
    )
    edit(client, company, outcome, "correct", text="The fuse is hot.")
    assert "Switch it on: Still nothing. The fuse is hot." in note_of(client, company, session_id)
    edit(client, company, outcome, "strike")
    note = note_of(client, company, session_id)
    assert "Switch it on: Still nothing\n" in note
    assert "fuse" not in note


def test_an_answer_in_ones_own_words_is_corrected_where_it_was_given(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = newest(take(client, company, session_id, free_text="Since Monday"), "answer")
    edit(client, company, answer, "correct", text="Since Tuesday")
    assert "At “Is the printer on?”: Since Tuesday" in note_of(client, company, session_id)


def test_what_solved_it_is_corrected_after_the_end(client: TestClient, company: Company, session_id: str) -> None:
    solved = post(client, company, f"{session_id}/resolve", summary="A new fuze.").json()
    state = edit(client, company, newest(solved, "resolution"), "correct", text="A new fuse.")
    assert (state["status"], state["resolved_at"]) == ("resolved", solved["resolved_at"])
    note = note_of(client, company, session_id)
    assert "RESOLUTION\nA new fuse." in note
    assert "fuze" not in note


def test_a_step_without_a_text_has_none_to_correct(client: TestClient, company: Company, session_id: str) -> None:
    answer = newest(take(client, company, session_id, choice="Yes"), "answer")
    refused = ask(client, company, answer, "correct", text="No")
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:flowpilot:problem:nothing-to-edit"


def test_a_snapshot_taken_afterwards_has_the_last_wording(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    edit(client, company, noted, "correct", text="It blinks green.")
    made = send_escalation(client, company, noted["session_id"]).json()
    assert [one["text"] for one in made["snapshot"]["notes"]] == ["It blinks green."]


def test_what_somebody_else_has_corrected_since_is_not_overwritten(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    seen = read(client, company, noted["session_id"])["step_count"]
    edit(client, company, noted, "correct", Role.TEAM_ADMIN, text="It blinks green.")
    refused = ask(client, company, noted, "correct", text="It blinks blue.", after_step=seen)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:step-changed")
    take(client, company, noted["session_id"], free_text="Another note.")
    seen = read(client, company, noted["session_id"])["step_count"]
    edit(client, company, noted, "correct", text="It blinks blue.", after_step=seen)


def test_a_correction_stops_nobody_who_answers_meanwhile(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    seen = read(client, company, noted["session_id"])["step_count"]
    edit(client, company, noted, "correct", Role.TEAM_ADMIN, text="It blinks green.")
    take(client, company, noted["session_id"], outcome="It prints", node="queue", after_step=seen)


def test_another_sessions_step_is_not_found(
    client: TestClient, company: Company, noted: dict[str, Any], session_id: str
) -> None:
    other = {**noted, "id": noted["session_id"]}
    assert ask(client, company, other, "strike").status_code == 404
