"""The claimant's own first action, which the next migration fills in while everybody works on."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE session_handoffs ADD COLUMN claimant_action_at TIMESTAMPTZ",
    "ALTER TABLE session_handoffs ADD CONSTRAINT session_handoffs_claimant_action_at_check"
    " CHECK (claimant_action_at >= claimed_at) NOT VALID",
    "ALTER TABLE handoff_events DROP CONSTRAINT handoff_events_kind_check",
    "ALTER TABLE handoff_events ADD CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed',"
    " 'released', 'reassigned', 'reminded', 'expired', 'first_action', 'claimant_action', 'assessed', 'closed'))"
    " NOT VALID",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
