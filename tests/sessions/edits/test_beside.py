"""What a fix waits for, and why something was waived, are corrected as other texts are: the record keeps all."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.edits.helpers import ask, edit, newest, note_of
from tests.sessions.flows import post, read, start, take
from tests.sessions.runs.procedure import publish_procedure

WAITS: dict[str, Any] = {"text_name": "waiting_for"}


def _step(state: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in state["steps"] if one["id"] == step["id"])
    return found


@pytest.fixture
def fix(client: TestClient, company: Company, session_id: str) -> dict[str, Any]:
    """A fix that waits."""
    again = (now() + timedelta(days=1)).isoformat()
    about: dict[str, Any] = {"fix": "A new cable.", "waiting_for": "a dya", "look_again_at": again}
    return newest(post(client, company, f"{session_id}/verify", **about).json(), "fix")


def test_what_a_fix_waits_for_reads_anew_wherever_it_is_said(
    client: TestClient, company: Company, fix: dict[str, Any]
) -> None:
    edit(client, company, fix, "correct", text="a  day", **WAITS)
    state = edit(client, company, fix, "correct", text="two days", **WAITS)
    assert (state["status"], state["waiting_for"]) == ("paused", "two days")
    step = _step(state, fix)
    assert (step["text"], step["content"]["waiting_for"], step["earlier"]) == ("A new cable.", "a dya", [])
    assert (step["waits_for"]["text"], step["corrected"]) == ("two days", None)
    assert [one["text"] for one in step["waits_for"]["earlier"]] == ["a dya", "a day"]
    assert step["waits_for"]["corrected"]["by"] == str(company.users[Role.ENGINEER])
    made = state["steps"][-1]
    assert (made["kind"], made["content"]) == ("correct", {"step": fix["id"], "text": "two days", **WAITS})
    note = note_of(client, company, fix["session_id"])
    assert "Waiting for two days." in note
    assert "dya" not in note


def test_after_the_waiting_the_note_has_its_last_wording_too(
    client: TestClient, company: Company, fix: dict[str, Any]
) -> None:
    session_id = fix["session_id"]
    post(client, company, f"{session_id}/verify/fail")
    state = edit(client, company, fix, "correct", text="a day", **WAITS)
    assert (state["status"], state["waiting_for"]) == ("active", None)
    edit(client, company, fix, "correct", text="A new fuse.")
    note = note_of(client, company, session_id)
    assert "A new fuse. Then waited for: a day" in note
    made = send_escalation(client, company, session_id).json()
    assert "a dya" not in str(made["snapshot"])


def test_the_same_twice_is_recorded_once_and_only_a_fix_waits(
    client: TestClient, company: Company, fix: dict[str, Any]
) -> None:
    first = edit(client, company, fix, "correct", text="a day", **WAITS)
    assert edit(client, company, fix, "correct", text="a day", **WAITS)["step_count"] == first["step_count"]
    note = newest(take(client, company, fix["session_id"], free_text="It hums.", is_note=True), "note")
    assert ask(client, company, note, "correct", text="a day", **WAITS).status_code == 409
    assert ask(client, company, fix, "correct", text="x" * 201, **WAITS).status_code == 422


def test_a_removal_takes_all_wordings_of_what_it_waits_for(
    client: TestClient, company: Company, fix: dict[str, Any]
) -> None:
    edit(client, company, fix, "correct", text="hunter2 to be changed", **WAITS)
    answer = post(client, company, f"{fix['session_id']}/steps/{fix['id']}/remove")
    assert answer.status_code == 200, answer.text
    state = read(client, company, fix["session_id"])
    assert "hunter2" not in str(state)
    assert "dya" not in str(state)
    assert _step(state, fix)["waits_for"] is None
    assert ask(client, company, fix, "correct", text="a day", **WAITS).status_code == 409


@pytest.fixture
def waiver(client: TestClient, company: Company) -> dict[str, Any]:
    """A required item that was waived."""
    flow_id = publish_procedure(client, company)
    session_id = start(client, company, problem_summary="A new PC for Anna", flow_id=flow_id)["id"]
    post(client, company, f"{session_id}/marks", do="fill", field="name", value="PC-12")
    state = post(client, company, f"{session_id}/marks", do="waive", item="label", reason="No lables.").json()
    return newest(state, "waive")


def test_the_reason_of_a_waiver_is_corrected_and_not_struck(
    client: TestClient, company: Company, waiver: dict[str, Any]
) -> None:
    assert "correct" in waiver["allowed"]
    assert "strike" not in waiver["allowed"]
    state = edit(client, company, waiver, "correct", text="No labels.")
    step = _step(state, waiver)
    assert (step["text"], step["content"]["reason"]) == ("No labels.", "No lables.")
    assert [one["text"] for one in step["earlier"]] == ["No lables."]
    items = [one for section in state["current"]["sections"] for one in section["items"]]
    assert next(one for one in items if one["id"] == "label")["reason"] == "No labels."
    note = note_of(client, company, waiver["session_id"])
    assert "No labels." in note
    assert "lables" not in note
    assert ask(client, company, waiver, "strike").status_code == 409


def test_a_waiver_that_was_undone_is_not_corrected(
    client: TestClient, company: Company, waiver: dict[str, Any]
) -> None:
    post(client, company, f"{waiver['session_id']}/marks", do="undo", item="label")
    assert ask(client, company, waiver, "correct", text="No labels.").status_code == 409


def test_a_waiver_whose_reason_was_removed_still_stands(
    client: TestClient, company: Company, waiver: dict[str, Any]
) -> None:
    edit(client, company, waiver, "correct", text="hunter2 is on it")
    assert post(client, company, f"{waiver['session_id']}/steps/{waiver['id']}/remove").status_code == 200
    state = read(client, company, waiver["session_id"])
    assert waiver["id"] in state["standing"]
    assert "hunter2" not in str(state) + note_of(client, company, waiver["session_id"])
