"""Who takes the place of somebody who escalated a handoff and has left."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE session_handoffs ADD COLUMN returns_to UUID")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
