"""What an account asks of an escalation, what a handoff lacks of it, and what could have spared it."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE escalation_settings (
        account_id UUID NOT NULL,
        rules JSONB DEFAULT '{}' NOT NULL,
        avoidable_reasons JSONB,
        CONSTRAINT escalation_settings_pkey PRIMARY KEY (account_id),
        CONSTRAINT escalation_settings_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    tenant_policy("escalation_settings"),
    """
    ALTER TABLE session_handoffs
        ADD COLUMN lacks JSONB DEFAULT '[]' NOT NULL,
        ADD COLUMN avoidable_reason TEXT,
        DROP CONSTRAINT session_handoffs_outcome_check,
        ADD CONSTRAINT session_handoffs_outcome_check
            CHECK (outcome IN ('resolved', 'parked', 'returned', 'sent_back', 'abandoned')) NOT VALID
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
