"""A long queue is read in its order from the index, and so are open sessions that nobody owns.

The queue begins with what nobody has claimed, so the index that had only the priority was read whole, and sorted.
"""

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX session_handoffs_open_idx")
    op.execute(
        "CREATE INDEX session_handoffs_queue_idx ON session_handoffs"
        " (account_id, (claimed_by IS NOT NULL), priority, created_at, id)"
        " INCLUDE (claimed_by, claimant_action_at)"
        " WHERE closed_at IS NULL"
    )
    op.execute(
        "CREATE INDEX ai_sessions_unassigned_idx ON ai_sessions (account_id, created_at, id)"
        " WHERE owner_id IS NULL AND last_activity_at IS NOT NULL AND status IN ('active', 'paused')"
    )
    op.execute(
        "CREATE INDEX ai_sessions_of_log_idx ON ai_sessions (account_id, user_id)"
        " WHERE owner_id IS NULL AND last_activity_at IS NULL"
        " AND status IN ('active', 'paused', 'requesting_escalation', 'escalated')"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
