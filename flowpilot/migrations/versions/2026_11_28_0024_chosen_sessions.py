"""People may choose a proposal's sessions: one is in several then, the analysis puts it into one of them."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DDL = """
ALTER TABLE flow_proposals ADD COLUMN given_title TEXT;
ALTER TABLE flow_proposal_sessions
    ADD COLUMN is_chosen BOOLEAN DEFAULT false NOT NULL,
    DROP CONSTRAINT flow_proposal_sessions_account_id_session_id_key;
CREATE UNIQUE INDEX flow_proposal_sessions_found_idx
    ON flow_proposal_sessions (account_id, session_id) WHERE NOT is_chosen;
CREATE UNIQUE INDEX flow_proposal_sessions_once_idx
    ON flow_proposal_sessions (account_id, session_id, proposal_id);
"""


def upgrade() -> None:
    op.execute(DDL)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
