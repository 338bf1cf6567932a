"""Reports of waiting times ask who claimed a handoff, so their index answers it.

By itself, because everybody waits for the handoffs while it is made: a second for a million of them.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX session_handoffs_created_idx")
    op.execute(
        "CREATE INDEX session_handoffs_created_idx ON session_handoffs (account_id, created_at)"
        " INCLUDE (claimed_by, claimed_at, first_action_at, closed_at)"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
