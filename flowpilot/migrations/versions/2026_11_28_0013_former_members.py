"""Hand back what former members still hold."""

import json
from uuid import UUID

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.base import new_id
from flowpilot.db.rls import each_account

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# If there are none, even NULL differs from all of them, so each statement asks for somebody first.
WORKERS = "SELECT array_agg(user_id) FROM memberships WHERE account_id = %(account_id)s AND role <> 'viewer'"

# Claims first: the people who escalated work on their sessions again, as after any release.
CLAIMS = """
SELECT h.id, h.session_id, h.claimed_by, h.created_by
FROM session_handoffs h
JOIN ai_sessions s ON s.account_id = %(account_id)s AND s.id = h.session_id AND s.status = 'escalated'
WHERE h.account_id = %(account_id)s AND h.closed_at IS NULL AND h.claimed_by IS NOT NULL
  AND h.claimed_by <> ALL (%(workers)s)
ORDER BY h.session_id
"""
RELEASE = (
    """
    UPDATE ai_sessions SET status = 'requesting_escalation', owner_id = %(created_by)s, last_activity_at = now()
    WHERE account_id = %(account_id)s AND id = %(session_id)s
    """,
    """
    INSERT INTO ai_session_status_changes (account_id, id, session_id, from_status, to_status, reason, created_at)
    VALUES (%(account_id)s, %(id)s, %(session_id)s, 'escalated', 'requesting_escalation', 'Waits for a colleague.',
            now())
    """,
    """
    UPDATE session_handoffs
    SET claimed_by = NULL, claimed_at = NULL, lease_expires_at = NULL, reminded_at = NULL, first_action_at = NULL,
        first_action_by = NULL
    WHERE account_id = %(account_id)s AND id = %(handoff_id)s
    """,
    """
    WITH counted AS (
        INSERT INTO handoff_counters AS c (account_id, last_number) VALUES (%(account_id)s, 1)
        ON CONFLICT (account_id) DO UPDATE SET last_number = c.last_number + 1
        RETURNING last_number
    )
    INSERT INTO handoff_events (account_id, id, handoff_id, number, kind, content, created_at)
    SELECT %(account_id)s, %(id)s, %(handoff_id)s, last_number, 'released', %(content)s::jsonb, now() FROM counted
    """,
)
TARGETS = """
UPDATE session_handoffs SET target_user_id = NULL
WHERE account_id = %(account_id)s AND closed_at IS NULL AND target_user_id IS NOT NULL
  AND target_user_id <> ALL (%(workers)s)
"""
# A session from a log has no owner, and is nobody's to take.
SESSIONS = """
UPDATE ai_sessions SET owner_id = NULL, last_activity_at = now()
WHERE account_id = %(account_id)s AND status IN ('active', 'paused', 'requesting_escalation')
  AND owner_id IS NOT NULL AND owner_id <> ALL (%(workers)s)
"""


def upgrade() -> None:
    connection = op.get_bind()
    for account_id in each_account(connection):
        _free(connection, account_id)


def _free(connection: Connection, account_id: UUID) -> None:
    workers = connection.exec_driver_sql(WORKERS, {"account_id": account_id}).scalar() or []
    known = {"account_id": account_id, "workers": workers}
    for handoff_id, session_id, holder, created_by in connection.exec_driver_sql(CLAIMS, known).fetchall():
        content = json.dumps({"reason": "Its holder has left the account.", "holder": str(holder)})
        release = {
            "handoff_id": handoff_id,
            "session_id": session_id,
            "created_by": created_by,
            "content": content,
        }
        for statement in RELEASE:
            connection.exec_driver_sql(statement, {"account_id": account_id, "id": new_id(), **release})
    for statement in (TARGETS, SESSIONS):
        connection.exec_driver_sql(statement, known)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
