"""When the members of a ticket system are read next by themselves."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE psa_connections ADD COLUMN members_due_at TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
