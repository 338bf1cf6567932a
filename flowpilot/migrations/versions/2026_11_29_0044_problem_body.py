"""A session's problem has a title and a body; the next migration splits what is longer than a title."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE ai_sessions ADD COLUMN problem_body TEXT NOT NULL DEFAULT ''")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
