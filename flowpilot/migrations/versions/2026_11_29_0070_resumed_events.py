"""Check the kinds of events that the migration before did not."""

from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE handoff_events VALIDATE CONSTRAINT handoff_events_kind_check")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
