"""Claims of two accounts whose claimant's first action is none any more, at the revision before."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from flowpilot.db.base import new_id
from tests.company import at
from tests.migrations.rows import BEGUN, EARLIER, LAST, LATER, Migrate, ask, found_account

AFTER = at("2026-06-10 17:00")


def _claim(url: str, account_id: UUID, *steps: tuple[str, datetime], closed_at: datetime | None = None) -> UUID:
    """A claim that has the first of the claimant's steps as its first action."""
    session_id, handoff_id, senior = new_id(), new_id(), new_id()
    ask(url, account_id, "INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)", account_id, session_id)
    ask(
        url,
        account_id,
        "INSERT INTO session_handoffs (account_id, id, session_id, created_at, claimed_by, claimed_at,"
        " claimant_action_at, claimant_work_seconds, closed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, 1, %s)",
        *(account_id, handoff_id, session_id, EARLIER, senior, BEGUN, steps[0][1], closed_at),
    )
    for position, (kind, moment) in enumerate(steps, 1):
        ask(
            url,
            account_id,
            "INSERT INTO ai_session_steps (account_id, id, session_id, position, kind, actor_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            *(account_id, new_id(), session_id, position, kind, senior, moment),
        )
    return handoff_id


def _jobs(url: str, account_id: UUID) -> list[tuple[Any, ...]]:
    query = (
        "SELECT task_name, args ->> 'handoff_id', args ->> 'claimed_at', scheduled_at > now() + interval '2 days'"
        " FROM procrastinate_jobs WHERE args ->> 'account_id' = %s ORDER BY task_name DESC"
    )
    return ask(url, account_id, query, str(account_id))


@pytest.mark.parametrize("minutes", [30, None])
def test_each_account_counts_by_the_new_rule(external: str, to_revision: Migrate, minutes: int | None) -> None:
    to_revision("0067")
    expected: dict[UUID, dict[UUID, datetime | None]] = {}
    waiting = {}
    for account_id in (found_account(external), found_account(external)):
        ask(external, account_id, "UPDATE accounts SET lease_minutes = %s WHERE id = %s", minutes, account_id)
        ask(
            external,
            account_id,
            "INSERT INTO account_hours (account_id, id, timezone, spans) VALUES (%s, %s, 'UTC', %s)",
            *(account_id, new_id(), '[{"weekday": 3, "start": "08:00", "end": "15:30"}]'),
        )
        # As migration 0050 has left it: open, and with nothing but an edit.
        waiting[account_id] = _claim(external, account_id, ("correct", LATER))
        expected[account_id] = {
            waiting[account_id]: None,
            _claim(external, account_id, ("flow", LATER), ("note", LAST)): LAST,
            _claim(external, account_id, ("undo", LATER), ("enter", LAST), closed_at=AFTER): None,
            _claim(external, account_id, ("note", AFTER), closed_at=LAST): None,
            _claim(external, account_id, ("resolution", LAST), closed_at=LAST): LAST,
            _claim(external, account_id, ("note", LATER), ("flow", LAST)): LATER,
        }

    to_revision("0068")

    found = "SELECT id, claimant_action_at FROM session_handoffs"
    leases = "SELECT id, reminded_at FROM session_handoffs WHERE lease_expires_at > now() + interval '2 days'"
    seconds = (
        "SELECT claimant_action_at, claimant_work_seconds FROM session_handoffs WHERE claimant_work_seconds <> 1"
    )
    for account_id, right in expected.items():
        open_one = waiting[account_id]
        assert dict(ask(external, account_id, found)) == right
        assert dict(ask(external, account_id, leases)) == ({} if minutes is None else {open_one: None})
        # From noon until half past three.
        assert ask(external, account_id, seconds) == [(LAST, 3.5 * 3600)]
        again = [(name, str(open_one), BEGUN.isoformat()) for name in ("handoffs.remind", "handoffs.expire")]
        jobs = [] if minutes is None else [(*again[0], None), (*again[1], True)]
        assert _jobs(external, account_id) == jobs
