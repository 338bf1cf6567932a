"""The policy of the removal of words from events of handoffs asks no other table."""

from alembic import op

from flowpilot.db import rls

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP POLICY removal ON handoff_events")
    for policy in rls.removal_policies():
        if " ON handoff_events " in policy:
            op.execute(policy)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
