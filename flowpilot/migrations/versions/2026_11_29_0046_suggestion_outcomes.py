"""What became of the copilot's suggestions."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE suggestion_outcomes (
        account_id UUID NOT NULL,
        id UUID NOT NULL,
        session_id UUID NOT NULL,
        handoff_id UUID,
        step_id UUID,
        index INTEGER NOT NULL,
        action TEXT NOT NULL,
        source TEXT NOT NULL,
        model TEXT,
        prompt_version TEXT,
        result TEXT NOT NULL,
        reason TEXT,
        note TEXT DEFAULT '' NOT NULL,
        by UUID,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT suggestion_outcomes_pkey PRIMARY KEY (account_id, id),
        CONSTRAINT suggestion_outcomes_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
            REFERENCES ai_sessions (account_id, id),
        CONSTRAINT suggestion_outcomes_account_id_handoff_id_fkey FOREIGN KEY(account_id, handoff_id)
            REFERENCES session_handoffs (account_id, id),
        CONSTRAINT suggestion_outcomes_account_id_step_id_fkey FOREIGN KEY(account_id, step_id)
            REFERENCES ai_session_steps (account_id, id),
        CONSTRAINT suggestion_outcomes_result_check
            CHECK (result IN ('solved', 'not_helped', 'done', 'dismissed')),
        CONSTRAINT suggestion_outcomes_reason_check
            CHECK (reason IN ('not_applicable', 'already_done', 'wrong', 'other')),
        CONSTRAINT suggestion_outcomes_source_check CHECK (source IN ('ai', 'rules')),
        CONSTRAINT suggestion_outcomes_dismissed_check CHECK ((result = 'dismissed') = (reason IS NOT NULL)),
        CONSTRAINT suggestion_outcomes_done_check CHECK ((result = 'dismissed') = (step_id IS NULL)),
        CONSTRAINT suggestion_outcomes_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
    )
    """,
    "CREATE INDEX suggestion_outcomes_session_idx ON suggestion_outcomes (account_id, session_id)",
    "CREATE INDEX suggestion_outcomes_at_idx ON suggestion_outcomes (account_id, at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.execute(tenant_policy("suggestion_outcomes"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
