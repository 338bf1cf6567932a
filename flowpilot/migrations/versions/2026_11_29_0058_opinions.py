"""What the engineer thinks it is may be said after the escalation, as an event of its handoff."""

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE handoff_events DROP CONSTRAINT handoff_events_kind_check",
    "ALTER TABLE handoff_events ADD CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed',"
    " 'released', 'reassigned', 'reminded', 'expired', 'first_action', 'claimant_action', 'assessed', 'asked',"
    " 'answered', 'withdrawn', 'opinion', 'closed')) NOT VALID",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
