"""A session may wait for a fix to prove itself: for what, when to look again, and since when it is applied."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE ai_sessions
            ADD COLUMN waiting_for TEXT,
            ADD COLUMN look_again_at TIMESTAMPTZ,
            ADD COLUMN fix_applied_at TIMESTAMPTZ,
            ADD CONSTRAINT ai_sessions_waiting_for_check
                CHECK (num_nonnulls(waiting_for, look_again_at) <> 1) NOT VALID,
            ADD CONSTRAINT ai_sessions_look_again_at_check
                CHECK (look_again_at IS NULL OR fix_applied_at IS NOT NULL) NOT VALID
    """)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
