"""A handoff and its questions keep what their texts said before somebody corrected or struck them."""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("session_handoffs", "handoff_questions"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN edits JSONB NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
