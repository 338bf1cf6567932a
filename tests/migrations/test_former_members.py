"""What former members still hold, in two accounts at the previous revision."""

from typing import Any
from uuid import UUID

import pytest

from flowpilot.db.base import new_id
from tests.company import at
from tests.migrations.rows import BEGUN, LATER, Migrate, ask, found_account


def _add(url: str, account_id: UUID, table: str, **values: Any) -> UUID:
    row_id = new_id()
    values = {"account_id": account_id, "id": row_id, **values}
    marks = ", ".join(["%s"] * len(values))
    ask(url, account_id, f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())
    return row_id


def _person(url: str, account_id: UUID, role: str | None) -> UUID:
    """A user with that role, or a former member without a role."""
    user_id = new_id()
    ask(url, account_id, "INSERT INTO users (id) VALUES (%s)", user_id)
    if role is not None:
        member = "INSERT INTO memberships (account_id, user_id, role) VALUES (%s, %s, %s)"
        ask(url, account_id, member, account_id, user_id, role)
    return user_id


def _session(url: str, account_id: UUID, owner: UUID | None, status: str, began: UUID | None = None) -> UUID:
    values = {"user_id": began or owner, "owner_id": owner, "status": status, "created_at": BEGUN}
    return _add(url, account_id, "ai_sessions", **values, last_activity_at=BEGUN)


def _handoff(url: str, account_id: UUID, session_id: UUID, **values: Any) -> UUID:
    return _add(url, account_id, "session_handoffs", session_id=session_id, created_at=BEGUN, **values)


# A migration changes each account in one transaction, which has events and what comes after them.
@pytest.mark.row_security_alone
def test_it_comes_back_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0012")
    expected = {}
    for account_id in (found_account(external), found_account(external)):
        worker, viewer, gone = (_person(external, account_id, role) for role in ("engineer", "viewer", None))
        sessions = {
            _session(external, account_id, worker, "active"): (worker, "active"),
            _session(external, account_id, gone, "active"): (None, "active"),
            _session(external, account_id, viewer, "paused"): (None, "paused"),
            _session(external, account_id, gone, "requesting_escalation"): (None, "requesting_escalation"),
            _session(external, account_id, gone, "resolved"): (gone, "resolved"),
            (left := _session(external, account_id, gone, "escalated", worker)): (worker, "requesting_escalation"),
            (orphan := _session(external, account_id, viewer, "escalated", gone)): (None, "requesting_escalation"),
            (escalated := _session(external, account_id, worker, "escalated", gone)): (worker, "escalated"),
        }
        claim = {"claimed_at": BEGUN, "first_action_at": LATER}
        handoffs = {
            _handoff(external, account_id, left, created_by=worker, claimed_by=gone, **claim): None,
            _handoff(external, account_id, orphan, created_by=gone, claimed_by=viewer, **claim): None,
            _handoff(external, account_id, escalated, created_by=gone, claimed_by=worker, **claim): worker,
        }
        targets = {
            _handoff(external, account_id, left, target_user_id=gone): None,
            _handoff(external, account_id, left, target_user_id=worker): worker,
            _handoff(external, account_id, left, target_user_id=gone, closed_at=LATER): gone,
        }
        expected[account_id] = sessions, handoffs, targets, {left: gone, orphan: viewer}
        ask(external, account_id, "INSERT INTO handoff_counters VALUES (%s, 7)", account_id)

    to_revision("0013")

    for account_id, (sessions, handoffs, targets, released) in expected.items():
        found = ask(external, account_id, "SELECT id, owner_id, status FROM ai_sessions")
        assert {id_: (owner, status) for id_, owner, status in found} == sessions
        found = ask(external, account_id, "SELECT id, claimed_by, target_user_id FROM session_handoffs")
        assert {id_: holder for id_, holder, _ in found if id_ in handoffs} == handoffs
        assert {id_: target for id_, _, target in found if id_ in targets} == targets
        events = "SELECT number, kind, content ->> 'holder' FROM handoff_events ORDER BY number"
        holders = [str(holder) for _, holder in sorted(released.items())]
        assert ask(external, account_id, events) == [(8, "released", holders[0]), (9, "released", holders[1])]
        changes = "SELECT session_id, from_status, to_status FROM ai_session_status_changes ORDER BY session_id"
        moved = [(session_id, "escalated", "requesting_escalation") for session_id in sorted(released)]
        assert ask(external, account_id, changes) == moved
        counter = "SELECT last_number FROM handoff_counters"
        assert ask(external, account_id, counter) == [(9,)]


def test_imported_rows_stay_as_they_were(external: str, to_revision: Migrate) -> None:
    to_revision("0012")
    account_id = found_account(external)
    _add(external, account_id, "ai_sessions", user_id=new_id(), status="active", created_at=at("2026-06-10 12:00"))
    to_revision("0013")
    assert ask(external, account_id, "SELECT owner_id, last_activity_at FROM ai_sessions") == [(None, None)]
