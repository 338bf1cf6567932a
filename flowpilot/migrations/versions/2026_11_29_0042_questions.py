"""What seniors ask the engineer back."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE handoff_questions (
        account_id UUID NOT NULL,
        id UUID NOT NULL,
        handoff_id UUID NOT NULL,
        asked_by UUID NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        question TEXT NOT NULL,
        answered_by UUID,
        answered_at TIMESTAMP WITH TIME ZONE,
        answer TEXT,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT handoff_questions_pkey PRIMARY KEY (account_id, id),
        CONSTRAINT handoff_questions_account_id_handoff_id_fkey FOREIGN KEY(account_id, handoff_id)
            REFERENCES session_handoffs (account_id, id),
        CONSTRAINT handoff_questions_answer_check CHECK ((answered_at IS NULL) = (answer IS NULL)),
        CONSTRAINT handoff_questions_withdrawn_at_check CHECK (answered_at IS NULL OR withdrawn_at IS NULL),
        CONSTRAINT handoff_questions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    "CREATE INDEX handoff_questions_handoff_idx ON handoff_questions (account_id, handoff_id, asked_at)",
    "ALTER TABLE handoff_events DROP CONSTRAINT handoff_events_kind_check",
    "ALTER TABLE handoff_events ADD CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed',"
    " 'released', 'reassigned', 'reminded', 'expired', 'first_action', 'claimant_action', 'assessed', 'asked',"
    " 'answered', 'withdrawn', 'closed')) NOT VALID",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.execute(tenant_policy("handoff_questions"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
