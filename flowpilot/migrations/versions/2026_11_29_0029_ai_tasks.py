"""What the AI was asked to do with drafts, and what became of it."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE ai_tasks (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    task TEXT NOT NULL,
    proposal_id UUID,
    flow_id UUID,
    version_id UUID,
    status TEXT DEFAULT 'asked' NOT NULL,
    problem TEXT DEFAULT '' NOT NULL,
    changes JSONB DEFAULT '[]' NOT NULL,
    asked_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT ai_tasks_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_tasks_account_id_proposal_id_fkey
        FOREIGN KEY(account_id, proposal_id) REFERENCES flow_proposals (account_id, id),
    CONSTRAINT ai_tasks_account_id_flow_id_fkey FOREIGN KEY(account_id, flow_id) REFERENCES trees (account_id, id),
    CONSTRAINT ai_tasks_task_check CHECK (task IN ('word', 'draft')),
    CONSTRAINT ai_tasks_status_check CHECK (status IN ('asked', 'done', 'failed')),
    CONSTRAINT ai_tasks_about_check CHECK (num_nonnulls(proposal_id, flow_id) = 1),
    CONSTRAINT ai_tasks_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX ai_tasks_account_id_proposal_id_idx ON ai_tasks (account_id, proposal_id);
CREATE INDEX ai_tasks_account_id_flow_id_idx ON ai_tasks (account_id, flow_id)
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("ai_tasks"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
