"""Words can be removed for good from append-only rows: of one session, in one transaction that says so."""

from alembic import op

from flowpilot.db import rls

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for policy in rls.removal_policies():
        op.execute(policy)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
