"""A handoff that a fix had set aside goes on when the fix did not help, as an event of its own."""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE handoff_events DROP CONSTRAINT handoff_events_kind_check",
    "ALTER TABLE handoff_events ADD CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed',"
    " 'released', 'reassigned', 'reminded', 'expired', 'first_action', 'claimant_action', 'assessed', 'asked',"
    " 'answered', 'withdrawn', 'opinion', 'resumed', 'closed')) NOT VALID",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
