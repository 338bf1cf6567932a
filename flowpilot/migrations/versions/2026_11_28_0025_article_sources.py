"""A draft that was made from an article keeps the article's text until it is published."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE tree_versions ADD COLUMN source TEXT")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
