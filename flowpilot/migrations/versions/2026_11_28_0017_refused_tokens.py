"""Since when the ticket system does not accept a member's own token."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE psa_members ADD COLUMN token_refused_at TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
