"""A session says what was removed from it, and a stored answer what it is about."""

from alembic import op

from flowpilot.migrations.apart import apart

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nobody may wait for the sessions until the index below is built.
    with apart() as connection:
        connection.exec_driver_sql(
            "ALTER TABLE ai_sessions ADD COLUMN IF NOT EXISTS removals JSONB NOT NULL DEFAULT '[]'"
        )
    op.execute("ALTER TABLE idempotency_keys ADD COLUMN subject_id UUID")
    # Answers are kept for a day, so the table is small.
    op.execute("CREATE INDEX idempotency_keys_subject_idx ON idempotency_keys (account_id, subject_id)")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
