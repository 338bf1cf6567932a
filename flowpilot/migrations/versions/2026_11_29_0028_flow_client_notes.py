"""What is different at a step of a flow for one client."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE flow_client_notes (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    flow_id UUID NOT NULL,
    node TEXT NOT NULL,
    client_id UUID NOT NULL,
    mode TEXT DEFAULT 'beside' NOT NULL,
    text TEXT NOT NULL,
    written_by UUID,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT flow_client_notes_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT flow_client_notes_account_id_flow_id_fkey FOREIGN KEY(account_id, flow_id)
        REFERENCES trees (account_id, id),
    CONSTRAINT flow_client_notes_account_id_client_id_fkey FOREIGN KEY(account_id, client_id)
        REFERENCES clients (account_id, id),
    CONSTRAINT flow_client_notes_mode_check CHECK (mode IN ('beside', 'instead')),
    CONSTRAINT flow_client_notes_account_id_client_id_flow_id_node_key
        UNIQUE (account_id, client_id, flow_id, node),
    CONSTRAINT flow_client_notes_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX flow_client_notes_account_id_flow_id_idx ON flow_client_notes (account_id, flow_id)
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("flow_client_notes"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
