"""The table of transitions, tried through the API: every action at every status."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.transitions import OF_WAITING, OPEN, TRANSITIONS, Action
from tests.company import Company, found_company
from tests.sessions.flows import SESSIONS, go_back, post, publish_printer_flow, read, start, take

SOON = (now() + timedelta(days=1)).isoformat()
BODIES: dict[Action, tuple[str, dict[str, Any]]] = {
    Action.STEP: (f"{SESSIONS}/{{session}}/steps", {"outcome": "Still odd", "note": "Looked at it."}),
    Action.PAUSE: (f"{SESSIONS}/{{session}}/pause", {"reason": "Said so."}),
    Action.RESUME: (f"{SESSIONS}/{{session}}/resume", {}),
    Action.RESOLVE: (f"{SESSIONS}/{{session}}/resolve", {"summary": "Solved."}),
    Action.ABANDON: (f"{SESSIONS}/{{session}}/abandon", {"reason": "Said so."}),
    Action.REOPEN: (f"{SESSIONS}/{{session}}/reopen", {"reason": "Said so."}),
    Action.RATE: (f"{SESSIONS}/{{session}}/rating", {"rating": 3}),
    Action.ESCALATE: (f"{SESSIONS}/{{session}}/handoffs", {"reason": "Said so."}),
    Action.VERIFY: (
        f"{SESSIONS}/{{session}}/verify",
        {"fix": "Replaced it.", "waiting_for": "Said so.", "look_again_at": SOON},
    ),
    Action.POSTPONE: (f"{SESSIONS}/{{session}}/verify/postpone", {"look_again_at": SOON}),
    Action.CONFIRM: (f"{SESSIONS}/{{session}}/verify/confirm", {}),
    Action.FAIL: (f"{SESSIONS}/{{session}}/verify/fail", {}),
    Action.CLAIM: ("/api/v1/handoffs/{handoff}/claim", {}),
    Action.RELEASE: ("/api/v1/handoffs/{handoff}/release", {"reason": "Said so."}),
    Action.RETURN: ("/api/v1/handoffs/{handoff}/close", {"outcome": "returned", "note": "Said so."}),
    Action.PARK: ("/api/v1/handoffs/{handoff}/close", {"outcome": "parked", "note": "Said so."}),
}
REASONS = {Action.POSTPONE: "Put off."}
PAIRS = [(status, action) for status in SessionStatus for action in BODIES]
BY_THE_SESSION = [action for action in BODIES if BODIES[action][0].startswith(SESSIONS)]
WITHOUT_REASON = {Action.RESUME, Action.RESOLVE, Action.CLAIM, Action.CONFIRM, Action.FAIL}


@pytest.fixture(scope="module")
def shop(urls: DatabaseUrls) -> Company:
    """One account for all pairs."""
    return found_company(urls)


@pytest.fixture
def case(client: TestClient, shop: Company) -> dict[str, str]:
    """An escalated session: its id, and the handoff's."""
    session = start(client, shop, problem_summary="Something odd happens with my chair")["id"]
    handoff = post(client, shop, f"{session}/handoffs", reason="Out of ideas.").json()["id"]
    return {"session": session, "handoff": handoff}


def _allowed(status: SessionStatus, *, waits: bool = False) -> list[Action]:
    """While a fix waits, nothing else is allowed."""
    by_status = [one for one in TRANSITIONS[status] if one in BY_THE_SESSION and one not in OF_WAITING]
    return [*OF_WAITING] if waits else by_status


def _force(shop: Company, session_id: str, status: SessionStatus) -> None:
    """Put a session into a status by force, with its handoff still open: nothing but the table is in the way."""
    statement = """
        UPDATE ai_sessions SET status = %s, resolved_at = CASE WHEN %s THEN last_activity_at END
        WHERE id = %s RETURNING id
    """
    shop.query(statement, status, status == SessionStatus.RESOLVED, session_id)


def _try(client: TestClient, shop: Company, case: dict[str, str], action: Action) -> httpx2.Response:
    path, body = BODIES[action]
    return client.post(path.format(**case), headers=shop.headers(Role.OWNER), json=body)


@pytest.mark.parametrize(("status", "action"), PAIRS)
def test_each_action_follows_the_table_or_is_refused_with_what_is_allowed(
    client: TestClient, shop: Company, case: dict[str, str], status: SessionStatus, action: Action
) -> None:
    if action == Action.RELEASE:
        assert _try(client, shop, case, Action.CLAIM).status_code == 200
    _force(shop, case["session"], status)
    waits = status == SessionStatus.PAUSED and action in OF_WAITING
    if waits:
        assert _try(client, shop, case, Action.VERIFY).status_code == 200
    before, allowed = read(client, shop, case["session"], Role.OWNER), _allowed(status, waits=waits)
    may_note = status == SessionStatus.PAUSED or Action.STEP in allowed
    assert before["allowed"] == [*allowed, *["note"] * may_note]
    answer = _try(client, shop, case, action)
    after = read(client, shop, case["session"], Role.OWNER)
    if action not in TRANSITIONS[status]:
        problem = answer.json()
        assert answer.status_code == 409, problem
        assert problem["type"] == "urn:flowpilot:problem:not-allowed-now"
        assert (problem["allowed"], problem["session_status"]) == (allowed, status)
        words = f"The session is {status}, which does not allow: {action}. Allowed now: {', '.join(allowed)}."
        assert problem["detail"] == words
        assert after == before
        return
    assert answer.status_code < 300, answer.text
    assert after["status"] == TRANSITIONS[status][action]
    assert (after["resolved_at"] is not None) == (after["status"] == SessionStatus.RESOLVED)
    new = after["status_changes"][len(before["status_changes"]) :]
    if action in {Action.STEP, Action.RATE}:
        assert new == []
    else:
        [change] = new
        assert change.pop("created_at") == after["last_activity_at"]
        assert change == {
            "from_status": status,
            "to_status": TRANSITIONS[status][action],
            "actor_id": str(shop.users[Role.OWNER]),
            "reason": "" if action in WITHOUT_REASON else REASONS.get(action, "Said so."),
        }


def test_what_is_not_a_transition_is_not_in_the_table() -> None:
    """To take changes who works on a session; a mark and a note are steps that more people may take.

    Taking back is done to a step: tests/sessions/edits. Holding again follows from a fix that did not help, and
    waiting again from taking that back: tests/handoffs/aside.
    """
    in_the_table = {action for actions in TRANSITIONS.values() for action in actions}
    assert set(Action) - {Action.TAKE, Action.MARK, Action.NOTE} == in_the_table
    assert in_the_table - {Action.TAKE_BACK, Action.HOLD_AGAIN, Action.WAIT_AGAIN} == set(BODIES)


def test_the_open_statuses_are_those_that_may_be_resolved() -> None:
    assert {status for status in SessionStatus if Action.RESOLVE in TRANSITIONS[status]} == OPEN


def test_a_resolved_session_was_resolved_at_its_end_and_stays_so(
    client: TestClient, shop: Company, case: dict[str, str]
) -> None:
    resolved = post(client, shop, f"{case['session']}/resolve", summary="Solved.").json()
    assert resolved["resolved_at"] == resolved["last_activity_at"] == resolved["status_changes"][-1]["created_at"]
    post(client, shop, f"{case['session']}/rating", rating=5)
    client.patch(
        f"{SESSIONS}/{case['session']}", headers=shop.headers(Role.ENGINEER), json={"problem_domain": "furniture"}
    )
    for action in BODIES:
        if action != Action.REOPEN:
            _try(client, shop, case, action)
    assert read(client, shop, case["session"])["resolved_at"] == resolved["resolved_at"]


@pytest.mark.parametrize(
    "status", sorted(set(SessionStatus) - {status for status in OPEN if Action.STEP in TRANSITIONS[status]})
)
def test_whatever_the_step_it_is_the_status_that_refuses_it(
    client: TestClient, company: Company, status: SessionStatus
) -> None:
    """Not the node, which would send the caller on to try another choice."""
    flow_id = str(publish_printer_flow(client, company))
    session_id = start(client, company)["id"]
    take(client, company, session_id, choice="No")
    go_back(client, company, session_id)
    _force(company, session_id, status)
    for path, body in (
        ("steps", {"choice": "Perhaps"}),
        ("steps", {"outcome": "Perhaps"}),
        *([] if status == SessionStatus.PAUSED else [("steps", {"free_text": "Perhaps"})]),
        ("back", {}),
        ("flow", {"flow_id": None}),
        ("flow", {"flow_id": flow_id}),
        ("flow", {"flow_id": session_id}),
    ):
        answer = client.post(f"{SESSIONS}/{session_id}/{path}", headers=company.headers(), json=body)
        assert (answer.status_code, answer.json().get("allowed")) == (409, _allowed(status)), (path, body)
    assert read(client, company, session_id)["step_count"] == 2
