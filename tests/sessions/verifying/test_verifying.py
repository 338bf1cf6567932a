"""A fix that has to prove itself: applied, looked at again, and then it worked or did not."""

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions.verifying.service import LOOK_AGAIN_JOB
from flowpilot.settings import Settings
from tests.company import Company
from tests.sessions.flows import SESSIONS, node_of, post, read, start, take
from tests.sessions.queue import waiting, work_off

pytestmark = pytest.mark.anyio

FIX = {"fix": "Replaced the switch.", "waiting_for": "a day without outages"}


def _in(**length: float) -> str:
    return (now() + timedelta(**length)).isoformat()


def apply_fix(client: TestClient, company: Company, session_id: str, **change: Any) -> httpx2.Response:
    return post(client, company, f"{session_id}/verify", **FIX | {"look_again_at": _in(days=1)} | change)


def _again(client: TestClient, company: Company, role: Role = Role.ENGINEER) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/notifications", headers=company.headers(role))
    return [one for one in answer.json()["items"] if one["kind"] == "look_again"]


def test_a_session_whose_fix_has_to_prove_itself_is_paused(
    client: TestClient, company: Company, session_id: str
) -> None:
    at = _in(days=1)
    session = apply_fix(client, company, session_id, look_again_at=at).json()
    assert (session["status"], session["waiting_for"]) == ("paused", FIX["waiting_for"])
    assert datetime.fromisoformat(session["look_again_at"]) == datetime.fromisoformat(at)
    [step] = session["steps"]
    assert (step["kind"], step["created_at"]) == ("fix", session["fix_applied_at"])
    assert step["content"]["text"] == FIX["fix"]
    assert session["status_changes"][-1]["reason"] == FIX["waiting_for"]
    assert {"confirm", "fail", "postpone"} < set(session["allowed"])


def test_what_worked_is_resolved_when_it_is_confirmed(
    client: TestClient, company: Company, session_id: str
) -> None:
    waits = apply_fix(client, company, session_id).json()
    session = post(client, company, f"{session_id}/verify/confirm").json()
    assert (session["status"], session["waiting_for"], session["look_again_at"]) == ("resolved", None, None)
    assert session["fix_applied_at"] == waits["fix_applied_at"] < session["resolved_at"]
    assert session["steps"][-1]["content"] == {"text": FIX["fix"]}


def test_it_can_be_said_anew_what_solved_it(client: TestClient, company: Company, session_id: str) -> None:
    apply_fix(client, company, session_id)
    session = post(client, company, f"{session_id}/verify/confirm", summary=" The switch was broken. ").json()
    assert session["steps"][-1]["content"] == {"text": "The switch was broken."}


def test_what_did_not_help_stands_on_record_and_the_work_goes_on(
    client: TestClient, company: Company, session_id: str
) -> None:
    waits = apply_fix(client, company, session_id).json()
    session = post(client, company, f"{session_id}/verify/fail", note="It fell over at night.").json()
    nothing = [session[name] for name in ("waiting_for", "look_again_at", "fix_applied_at")]
    assert (session["status"], nothing) == ("active", [None] * 3)
    applied, failed = session["steps"]
    tried = {"instruction": FIX["fix"], "outcome": "Did not help", "fix": applied["id"]}
    at = datetime.fromisoformat(waits["look_again_at"])
    assert datetime.fromisoformat(failed["content"].pop("look_again_at")) == at
    assert failed["content"] == tried | {"note": "It fell over at night."}
    assert (failed["text"], failed["text_name"]) == ("It fell over at night.", "note")
    assert node_of(take(client, company, session_id, choice="Yes")) == "queue"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("resume", {}),
        ("handoffs", {"reason": "Out of ideas."}),
        ("resolve", {"summary": "The switch."}),
        ("abandon", {}),
        ("verify", FIX),
    ],
)
def test_nothing_else_happens_before_somebody_has_said_whether_it_worked(
    client: TestClient, company: Company, session_id: str, action: str, body: dict[str, Any]
) -> None:
    waits = apply_fix(client, company, session_id).json()
    assert waits["allowed"] == ["confirm", "fail", "postpone", "note"]
    said = body | ({"look_again_at": _in(days=2)} if action == "verify" else {})
    refused = post(client, company, f"{session_id}/{action}", **said)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:fix-waits")
    assert read(client, company, session_id) == waits
    post(client, company, f"{session_id}/verify/fail").raise_for_status()
    assert post(client, company, f"{session_id}/abandon").json()["status"] == "abandoned"


def test_what_is_learnt_meanwhile_is_written_down_without_resuming(
    client: TestClient, company: Company, session_id: str
) -> None:
    waits = apply_fix(client, company, session_id).json()
    session = take(client, company, session_id, free_text="No outage since noon.")
    assert (session["status"], session["look_again_at"]) == ("paused", waits["look_again_at"])
    assert (session["steps"][-1]["kind"], session["steps"][-1]["is_free_text"]) == ("note", False)


def test_a_reopened_session_has_no_fix_that_proved_itself(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id)
    post(client, company, f"{session_id}/verify/confirm")
    assert post(client, company, f"{session_id}/reopen", reason="Again.").json()["fix_applied_at"] is None


@pytest.mark.parametrize("moment", [{"seconds": -1}, {"days": 91}])
def test_the_time_to_look_again_is_soon(
    client: TestClient, company: Company, session_id: str, moment: dict[str, float]
) -> None:
    answer = apply_fix(client, company, session_id, look_again_at=_in(**moment))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.look_again_at"
    assert read(client, company, session_id)["status"] == "active"


@pytest.mark.parametrize("action", ["postpone", "confirm", "fail"])
def test_nothing_is_confirmed_that_does_not_wait(
    client: TestClient, company: Company, session_id: str, action: str
) -> None:
    post(client, company, f"{session_id}/pause")
    body: dict[str, Any] = {"look_again_at": _in(days=1)} if action == "postpone" else {}
    assert post(client, company, f"{session_id}/verify/{action}", **body).status_code == 409


def test_a_held_session_whose_fix_waits_stays_with_the_senior_and_its_handoff_is_set_aside(
    client: TestClient, company: Company, session_id: str
) -> None:
    handoff = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()["id"]
    senior = company.headers(Role.TEAM_ADMIN)
    client.post(f"/api/v1/handoffs/{handoff}/claim", headers=senior).raise_for_status()
    body = FIX | {"look_again_at": _in(days=1)}
    session = client.post(f"{SESSIONS}/{session_id}/verify", headers=senior, json=body).json()
    assert (session["status"], session["owner_id"]) == ("paused", str(company.users[Role.TEAM_ADMIN]))
    closed = client.get(f"/api/v1/handoffs/{handoff}", headers=senior).json()
    assert (closed["outcome"], closed["closed_at"]) == ("parked", session["fix_applied_at"])
    assert closed["first_action_at"] == session["fix_applied_at"]
    assert closed["events"][-1]["content"] == {"outcome": "parked", "note": FIX["waiting_for"], "has_a_fix": True}


async def test_its_owner_is_reminded_and_again_when_it_was_put_off(
    client: TestClient, company: Company, session_id: str, settings: Settings, database: Database
) -> None:
    apply_fix(client, company, session_id)
    later = _in(days=3)
    put_off = post(client, company, f"{session_id}/verify/postpone", look_again_at=later).json()
    assert [moment for _, moment in waiting(company, LOOK_AGAIN_JOB)][-1] == datetime.fromisoformat(later)
    await work_off(company, settings, database)
    [notice] = _again(client, company)
    assert (notice["path"], notice["settled"]) == (f"/sessions/{session_id}", None)
    assert "a day without outages" in notice["text"]
    assert _again(client, company, Role.TEAM_ADMIN) == []
    assert put_off["fix_applied_at"] == read(client, company, session_id)["fix_applied_at"]
    post(client, company, f"{session_id}/verify/postpone", look_again_at=_in(days=5))
    assert all(one["settled"] for one in _again(client, company))
    await work_off(company, settings, database)
    assert [one["settled"] is None for one in _again(client, company)] == [True, False]


def test_who_puts_off_a_fix_that_is_no_longer_the_one_they_saw_is_told(
    client: TestClient, company: Company, session_id: str
) -> None:
    seen = apply_fix(client, company, session_id).json()["step_count"]
    post(client, company, f"{session_id}/verify/fail").raise_for_status()
    waits = apply_fix(client, company, session_id).json()
    refused = post(client, company, f"{session_id}/verify/postpone", look_again_at=_in(days=3), after_step=seen)
    assert (refused.status_code, read(client, company, session_id)) == (409, waits)
    later = {"look_again_at": _in(days=3), "after_step": waits["step_count"]}
    assert post(client, company, f"{session_id}/verify/postpone", **later).status_code == 200


async def test_a_time_that_was_chosen_several_times_reminds_once(
    client: TestClient, company: Company, session_id: str, settings: Settings, database: Database
) -> None:
    at = _in(days=3)
    apply_fix(client, company, session_id)
    for _ in range(3):
        post(client, company, f"{session_id}/verify/postpone", look_again_at=at).raise_for_status()
    fix = read(client, company, session_id)["steps"][-1]["id"]
    assert post(client, company, f"{session_id}/steps/{fix}/take-back").status_code == 200
    apply_fix(client, company, session_id, look_again_at=at).raise_for_status()
    assert [moment for _, moment in waiting(company, LOOK_AGAIN_JOB)][1:] == [datetime.fromisoformat(at)] * 4
    await work_off(company, settings, database)
    assert [one["settled"] for one in _again(client, company)] == [None]


async def test_nobody_is_reminded_of_what_is_over(
    client: TestClient, company: Company, session_id: str, settings: Settings, database: Database
) -> None:
    apply_fix(client, company, session_id)
    post(client, company, f"{session_id}/verify/confirm")
    await work_off(company, settings, database)
    assert _again(client, company) == []


async def test_the_idle_limit_forgets_no_fix_that_nobody_has_answered_for(
    client: TestClient, company: Company, session_id: str, settings: Settings, database: Database
) -> None:
    limit = {"idle_minutes": 90}
    client.patch("/api/v1/account", headers=company.headers(), json=limit).raise_for_status()
    apply_fix(client, company, session_id)
    hours_ago = "interval '3 hours', look_again_at = now() - interval '2 hours'"
    moved = f"last_activity_at = now() - interval '3 hours', fix_applied_at = now() - {hours_ago}"
    company.query(f"UPDATE ai_sessions SET {moved} WHERE id = %s RETURNING id", session_id)
    await work_off(company, settings, database)
    session = read(client, company, session_id)
    assert (session["status"], session["look_again_at"] is None) == ("paused", False)


def test_what_waits_is_listed_by_when_to_look_again(
    client: TestClient, company: Company, neighbour: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id)
    mine = client.get(f"{SESSIONS}/waiting-to-verify", headers=company.headers(Role.VIEWER))
    [row], owner = mine.json()["items"], str(company.users[Role.ENGINEER])
    assert (row["id"], row["owner"]["id"], mine.json()["n"], mine.json()["next_cursor"]) == (
        session_id,
        owner,
        1,
        None,
    )
    of_the_admin = client.get(f"{SESSIONS}/waiting-to-verify?mine=true", headers=company.headers(Role.TEAM_ADMIN))
    nothing = {"items": [], "n": 0, "next_cursor": None}
    assert of_the_admin.json() == nothing
    assert client.get(f"{SESSIONS}/waiting-to-verify", headers=neighbour.headers()).json() == nothing


def test_none_of_what_waits_is_on_no_page(client: TestClient, company: Company) -> None:
    begun = []
    for days in (3, 1, 2):
        begun.append(start(client, company, problem_summary=f"Number {days}")["id"])
        apply_fix(client, company, begun[-1], look_again_at=_in(days=days))
    path, found, cursor = f"{SESSIONS}/waiting-to-verify?limit=1", [], ""
    for _ in begun:
        page = client.get(path + cursor, headers=company.headers()).json()
        found += [one["problem_summary"] for one in page["items"]]
        assert page["n"] == len(begun)
        cursor = f"&cursor={page['next_cursor']}"
    assert (found, page["next_cursor"]) == (["Number 1", "Number 2", "Number 3"], None)
    assert client.get(f"{path}&cursor=else", headers=company.headers()).status_code == 422
    rows = client.get(f"{SESSIONS}?waiting=true", headers=company.headers()).json()["items"]
    assert [one["id"] for one in rows] == begun[::-1]
    start(client, company, problem_summary="Nothing waits here")
    assert len(client.get(f"{SESSIONS}?waiting=true", headers=company.headers()).json()["items"]) == 3


def test_the_note_says_what_was_applied_and_what_it_waits_for(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id, look_again_at=_in(days=2))
    note = client.get(f"{SESSIONS}/{session_id}/documentation", headers=company.headers()).json()
    assert "APPLIED\n- Replaced the switch." in note["text"]
    assert "STATE\nWaiting for a day without outages. To be looked at again: " in note["text"]


def test_a_fix_that_proved_itself_was_tried_when_the_session_is_reopened(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id)
    post(client, company, f"{session_id}/verify/confirm")
    post(client, company, f"{session_id}/reopen", reason="It is out again.")
    handoff = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()
    [tried] = handoff["snapshot"]["tried"]
    said = ("Replaced the switch.", "Applied, waiting for a day without outages")
    assert (tried["instruction"], tried["outcome"]) == said
    assert "Nothing was tried yet." not in handoff["snapshot"]["missing"]


def test_a_fix_that_failed_was_tried_once(client: TestClient, company: Company, session_id: str) -> None:
    apply_fix(client, company, session_id)
    post(client, company, f"{session_id}/verify/fail")
    handoff = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()
    assert [one["outcome"] for one in handoff["snapshot"]["tried"]] == ["Did not help"]
