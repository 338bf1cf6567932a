"""A member of the ticket system may be FlowPilot's own user there."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE psa_members ADD COLUMN is_own BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
