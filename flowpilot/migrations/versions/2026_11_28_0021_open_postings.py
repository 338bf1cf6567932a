"""Postings that wait, or that somebody has to do something about, are found without reading the others."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX psa_postings_open_idx ON psa_postings (account_id, state, id) "
        "WHERE state IN ('held', 'queued', 'sent', 'failed')"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
