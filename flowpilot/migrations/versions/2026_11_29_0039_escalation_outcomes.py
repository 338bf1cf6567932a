"""Check the outcomes of the handoffs that there are, while everybody works on."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE session_handoffs VALIDATE CONSTRAINT session_handoffs_outcome_check")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
