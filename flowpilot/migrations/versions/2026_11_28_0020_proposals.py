"""Proposals hold a draft, the sessions that they come from, and what a reviewer decided."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

DDL = """
ALTER TABLE flow_proposals
    ADD COLUMN title TEXT DEFAULT '' NOT NULL,
    ADD COLUMN domain TEXT,
    ADD COLUMN flow_id UUID,
    ADD COLUMN node TEXT,
    ADD COLUMN based_on_id UUID,
    ADD COLUMN origin TEXT DEFAULT 'manual' NOT NULL,
    ADD COLUMN put_off_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN reason TEXT DEFAULT '' NOT NULL,
    ADD COLUMN published_version_id UUID,
    ADD CONSTRAINT flow_proposals_account_id_flow_id_fkey
        FOREIGN KEY(account_id, flow_id) REFERENCES trees (account_id, id),
    ADD CONSTRAINT flow_proposals_kind_check CHECK (kind IN ('new_flow', 'flow_change')),
    ADD CONSTRAINT flow_proposals_origin_check CHECK (origin IN ('manual', 'ai_generated', 'ai_enhanced'));
CREATE INDEX flow_proposals_flow_idx ON flow_proposals (account_id, flow_id) WHERE flow_id IS NOT NULL;
ALTER TABLE tree_versions ADD COLUMN proposal_id UUID;
CREATE TABLE flow_proposal_sessions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    proposal_id UUID NOT NULL,
    session_id UUID NOT NULL,
    problem_words TEXT[] DEFAULT '{}' NOT NULL,
    done_words TEXT[] DEFAULT '{}' NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT flow_proposal_sessions_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT flow_proposal_sessions_account_id_proposal_id_fkey
        FOREIGN KEY(account_id, proposal_id) REFERENCES flow_proposals (account_id, id),
    CONSTRAINT flow_proposal_sessions_account_id_session_id_fkey
        FOREIGN KEY(account_id, session_id) REFERENCES ai_sessions (account_id, id),
    CONSTRAINT flow_proposal_sessions_account_id_session_id_key UNIQUE (account_id, session_id),
    CONSTRAINT flow_proposal_sessions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX flow_proposal_sessions_account_id_proposal_id_idx
    ON flow_proposal_sessions (account_id, proposal_id);
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("flow_proposal_sessions"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
