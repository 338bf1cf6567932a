"""Old idempotency keys are found by their age, without reading all of an account's keys."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX idempotency_keys_account_id_created_at_idx ON idempotency_keys (account_id, created_at)"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
