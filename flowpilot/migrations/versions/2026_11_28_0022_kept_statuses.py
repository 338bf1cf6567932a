"""That tickets of a board keep their status can be chosen, and is another thing than nobody having chosen."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("status_id", "status_name"):
        op.execute(f"ALTER TABLE psa_board_statuses ALTER COLUMN {column} DROP NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
