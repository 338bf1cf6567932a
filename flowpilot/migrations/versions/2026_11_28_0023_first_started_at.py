"""When minutes began before a person corrected them, so that a second correction does not move the work."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE psa_posting_steps ADD COLUMN first_started_at TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
