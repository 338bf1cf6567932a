"""The claimant's first action does something for the case, and comes before the handoff is closed.

An open claim that loses the action that has ended its lease gets a lease again, with a reminder: nobody would be
reminded of it otherwise, and it would not go back to the queue. So do those that migration 0050 has left.
"""

import json
import uuid
from datetime import datetime
from typing import Any

from alembic import op
from sqlalchemy import Connection, Row

from flowpilot.db.rls import each_account
from flowpilot.identity.hours.queries import history_of
from flowpilot.migrations.apart import FIRST, apart
from flowpilot.working_hours import HoursHistory, work_seconds

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

_PAGE = 1000

# Fewer steps count than before, so only what has an action can change.
WRONG = """
WITH page AS (
    SELECT id, session_id, claimed_by, claimed_at, claimant_action_at, closed_at FROM session_handoffs
    WHERE account_id = %(account_id)s AND id > %(after)s AND claimant_action_at IS NOT NULL
    ORDER BY id LIMIT %(page)s
), found AS (
    SELECT h.id, min(p.created_at) AS acted_at
    FROM page h
    LEFT JOIN ai_session_steps p
      ON p.account_id = %(account_id)s AND p.session_id = h.session_id AND p.actor_id = h.claimed_by
     AND p.created_at > h.claimed_at AND (h.closed_at IS NULL OR p.created_at <= h.closed_at)
     AND p.kind NOT IN ('correct', 'strike', 'take_back', 'back', 'undo', 'flow', 'enter')
    GROUP BY h.id
)
SELECT h.id, h.claimed_at, found.acted_at, h.closed_at,
       h.claimant_action_at IS DISTINCT FROM found.acted_at AS is_wrong
FROM page h JOIN found ON found.id = h.id
ORDER BY h.id
"""
MEND = """
UPDATE session_handoffs SET claimant_action_at = %(acted_at)s, claimant_work_seconds = %(work_seconds)s
WHERE account_id = %(account_id)s AND id = %(id)s
"""

# The longest of the account's lease and three days, which no weekend ends; none if its claims do not lapse.
LEASE = """
UPDATE session_handoffs
SET lease_expires_at = now() + greatest(interval '3 days', make_interval(mins => %(minutes)s)), reminded_at = NULL
WHERE account_id = %(account_id)s AND id = %(id)s
RETURNING lease_expires_at
"""
WATCH = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
VALUES ('default', %(job)s, %(args)s, %(due)s)
"""

HOURS = """
SELECT valid_from, timezone, spans, holidays FROM account_hours WHERE account_id = %(account_id)s
ORDER BY valid_from NULLS FIRST
"""
MINUTES = "SELECT lease_minutes FROM accounts WHERE id = %(account_id)s"


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        account = {"account_id": account_id}
        minutes = op.get_bind().exec_driver_sql(MINUTES, account).scalar_one()
        hours = op.get_bind().exec_driver_sql(HOURS, account).fetchall()
        history = history_of(tuple(row) for row in hours)
        last: uuid.UUID | None = FIRST
        while last is not None:
            with apart(account_id) as connection:
                last = _mend_page(connection, account_id, last, history, minutes)


def _mend_page(
    connection: Connection, account_id: uuid.UUID, after: uuid.UUID, history: HoursHistory, minutes: int | None
) -> uuid.UUID | None:
    """Mend the handoffs after one, and say which was the last; None if there are no more."""
    page = {"account_id": account_id, "after": after, "page": _PAGE}
    rows = connection.exec_driver_sql(WRONG, page).fetchall()
    for one in rows:
        if not one.is_wrong:
            continue
        row = {"account_id": account_id, "id": one.id}
        seconds = work_seconds(one.claimed_at, one.acted_at, history)
        connection.exec_driver_sql(MEND, {**row, "acted_at": one.acted_at, "work_seconds": seconds})
        if one.acted_at is None and one.closed_at is None and minutes is not None:
            ends = connection.exec_driver_sql(LEASE, {**row, "minutes": minutes}).scalar_one()
            _watch(connection, account_id, one, ends)
    return rows[-1].id if rows else None


def _watch(connection: Connection, account_id: uuid.UUID, claim: Row[Any], ends: datetime) -> None:
    """Have the holder reminded now, and the claim taken back at the end."""
    at = claim.claimed_at.isoformat()
    args = json.dumps({"account_id": str(account_id), "handoff_id": str(claim.id), "claimed_at": at})
    for job, due in (("handoffs.remind", None), ("handoffs.expire", ends)):
        connection.exec_driver_sql(WATCH, {"job": job, "args": args, "due": due})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
