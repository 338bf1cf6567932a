"""Ends that a log dated before their beginnings become unknown; the audit log keeps what they were."""

from uuid import UUID

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.base import new_id
from flowpilot.db.rls import each_account

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Written before the rows are mended. An account without such rows gets no entry.
RECORD = """
INSERT INTO audit_log (account_id, id, action, target_type, target_id, before, at)
SELECT %(account_id)s, %(id)s, 'history.mended', 'account', %(account_id)s,
       jsonb_build_object('sessions', sessions, 'handoffs', handoffs), now()
FROM (
    SELECT jsonb_object_agg(id, jsonb_build_object('resolved_at', resolved_at)) AS sessions
    FROM ai_sessions WHERE account_id = %(account_id)s AND resolved_at < created_at
) s, (
    SELECT jsonb_object_agg(id, jsonb_build_object('claimed_at', claimed_at, 'first_action_at', first_action_at,
                                                   'closed_at', closed_at)) AS handoffs
    FROM session_handoffs
    WHERE account_id = %(account_id)s AND (claimed_at < created_at OR first_action_at < claimed_at
                                           OR closed_at < greatest(created_at, claimed_at))
) h
WHERE sessions IS NOT NULL OR handoffs IS NOT NULL
"""

SESSIONS = """
UPDATE ai_sessions SET resolved_at = NULL WHERE account_id = %(account_id)s AND resolved_at < created_at
"""

# A closed handoff must stay closed, so it ends as soon as it can have, as in an import. The first action follows
# from the claim.
HANDOFFS = """
UPDATE session_handoffs h
SET claimed_at = bad.claimed_at,
    closed_at = CASE WHEN h.closed_at IS NOT NULL THEN greatest(h.closed_at, h.created_at, bad.claimed_at) END,
    first_action_at = action.created_at, first_action_by = action.actor_id
FROM (
    SELECT id, session_id, CASE WHEN claimed_at >= created_at THEN claimed_at END AS claimed_at
    FROM session_handoffs
    WHERE account_id = %(account_id)s AND (claimed_at < created_at OR first_action_at < claimed_at
                                           OR closed_at < greatest(created_at, claimed_at))
) bad
LEFT JOIN LATERAL (
    SELECT created_at, actor_id
    FROM ai_session_steps
    WHERE account_id = %(account_id)s AND session_id = bad.session_id AND created_at > bad.claimed_at
    ORDER BY created_at, position
    LIMIT 1
) action ON true
WHERE h.account_id = %(account_id)s AND h.id = bad.id
"""

VALIDATE = (
    "ALTER TABLE ai_sessions VALIDATE CONSTRAINT ai_sessions_resolved_at_check",
    "ALTER TABLE session_handoffs VALIDATE CONSTRAINT session_handoffs_claimed_at_check",
    "ALTER TABLE session_handoffs VALIDATE CONSTRAINT session_handoffs_first_action_at_check",
    "ALTER TABLE session_handoffs VALIDATE CONSTRAINT session_handoffs_closed_at_check",
)


def upgrade() -> None:
    connection = op.get_bind()
    for account_id in each_account(connection):
        _mend(connection, account_id)
    for statement in VALIDATE:
        op.execute(statement)


def _mend(connection: Connection, account_id: UUID) -> None:
    for statement in (RECORD, SESSIONS, HANDOFFS):
        connection.exec_driver_sql(statement, {"account_id": account_id, "id": new_id()})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
