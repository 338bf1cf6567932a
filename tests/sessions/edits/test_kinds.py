"""A fix and the entry of a sub-flow are taken back, too; what resolved a session is not, and says what to do."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.nested import PROBLEM, RESET, publish, sign_in
from tests.sessions.edits.helpers import ask, edit, newest, note_of
from tests.sessions.flows import count_wrong, node_of, post, read, start, take


def _verify(client: TestClient, company: Company, session_id: str, fix: str = "A new cable.") -> dict[str, Any]:
    again = (now() + timedelta(days=1)).isoformat()
    about: dict[str, Any] = {"fix": fix, "waiting_for": "a day without outages", "look_again_at": again}
    state: dict[str, Any] = post(client, company, f"{session_id}/verify", **about).json()
    return state


def test_a_fix_that_waits_is_taken_back_and_the_session_goes_on(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    waiting = _verify(client, company, session_id)
    fix = newest(waiting, "fix")
    assert ("take_back" in fix["allowed"], fix["takes_back"]) == (True, [])
    after = edit(client, company, fix, "take-back", after_step=waiting["step_count"])
    assert (after["status"], node_of(after), after["trail"]) == ("active", "switch_on", ["power"])
    assert [after[name] for name in ("waiting_for", "look_again_at", "fix_applied_at")] == [None, None, None]
    change = after["status_changes"][-1]
    assert (change["from_status"], change["to_status"], change["reason"]) == ("paused", "active", "")
    assert change["created_at"] == after["steps"][-1]["created_at"]
    assert after["steps"][-1]["content"] == {"step": fix["id"], "also": [], "moves": 0}
    note = note_of(client, company, session_id)
    assert "cable" not in note
    assert "outages" not in note
    assert count_wrong(company) == 0
    assert ask(client, company, fix, "take-back").status_code == 409


def test_a_fix_is_taken_back_though_its_words_are_struck(
    client: TestClient, company: Company, session_id: str
) -> None:
    fix = newest(_verify(client, company, session_id), "fix")
    edit(client, company, fix, "strike")
    assert edit(client, company, fix, "take-back")["status"] == "active"


def test_while_a_fix_waits_no_answer_is_taken_back(client: TestClient, company: Company, session_id: str) -> None:
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    _verify(client, company, session_id)
    assert ask(client, company, answer, "take-back").json()["session_status"] == "paused"


def test_a_fix_that_did_not_help_is_taken_back_with_that(
    client: TestClient, company: Company, session_id: str
) -> None:
    fix = newest(_verify(client, company, session_id), "fix")
    failed = post(client, company, f"{session_id}/verify/fail", note="It fell over.").json()
    outcome = newest(failed, "outcome")
    found = next(step for step in failed["steps"] if step["id"] == fix["id"])
    assert found["takes_back"] == [outcome["id"]]
    after = edit(client, company, fix, "take-back")
    assert after["status_changes"] == failed["status_changes"]
    note = note_of(client, company, session_id)
    assert "cable" not in note
    assert "It fell over." not in note


@pytest.fixture
def inside(client: TestClient, company: Company) -> dict[str, Any]:
    """A session that has gone on in a sub-flow."""
    reset = publish(client, company, "Password reset", RESET)
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    session_id = start(client, company, problem_summary=PROBLEM, flow_id=str(outer))["id"]
    take(client, company, session_id, choice="No")
    take(client, company, session_id, free_text="The portal is slow.")
    return take(client, company, session_id, choice="Yes")


def test_the_entry_of_a_sub_flow_is_taken_back_with_all_after_it(
    client: TestClient, company: Company, inside: dict[str, Any]
) -> None:
    entry, answer = newest(inside, "enter"), inside["steps"][-1]
    assert entry["takes_back"] == [answer["id"]]
    after = edit(client, company, entry, "take-back")
    here = after["current"]
    assert (here["id"], here["subflows"], here["may_enter"]) == ("reset", [], True)
    assert here["outcomes"] == ["Signed in", "Still locked out"]
    place = {"node": "reset", "next": "reset"}
    assert after["steps"][-1]["content"] == {"step": entry["id"], "also": [answer["id"]], "moves": 1, **place}
    assert "The portal is slow." in note_of(client, company, inside["id"])
    on = take(client, company, inside["id"], outcome="Still locked out")
    assert (node_of(on), on["current"]["may_enter"]) == ("collect", False)


def test_a_sub_flow_that_was_left_is_entered_again(
    client: TestClient, company: Company, inside: dict[str, Any]
) -> None:
    assert post(client, company, f"{inside['id']}/enter-again").json()["type"].endswith(":nothing-to-enter")
    left = edit(client, company, newest(inside, "enter"), "take-back")
    seen = {"node": "reset", "after_step": left["step_count"]}
    again = post(client, company, f"{inside['id']}/enter-again", **seen).json()
    assert (node_of(again), again["current"]["subflows"]) == ("ask", ["Password reset"])
    assert [step["kind"] for step in again["steps"]][-2:] == ["take_back", "enter"]
    assert post(client, company, f"{inside['id']}/enter-again", **seen).status_code == 409


def test_what_resolved_a_session_is_not_taken_back_and_reopening_is_named(
    client: TestClient, company: Company, session_id: str
) -> None:
    solved = newest(post(client, company, f"{session_id}/resolve", summary="A fuse.").json(), "resolution")
    for role in (Role.ENGINEER, Role.TEAM_ADMIN):
        refused = ask(client, company, solved, "take-back", role)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:nothing-to-edit")
        assert "Reopen the session" in refused.json()["detail"]
    post(client, company, f"{session_id}/reopen", reason="Pressed by mistake.")
    assert "take_back" not in newest(read(client, company, session_id), "resolution")["allowed"]
    edit(client, company, solved, "strike")
    assert "A fuse." not in note_of(client, company, session_id)
