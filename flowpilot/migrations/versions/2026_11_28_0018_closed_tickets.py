"""When tickets were seen closed, so that one that is open again can be told from one that never was closed."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE psa_closed_tickets (
    account_id UUID NOT NULL,
    connection_id UUID NOT NULL,
    ticket_id TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT psa_closed_tickets_pkey PRIMARY KEY (account_id, connection_id, ticket_id),
    CONSTRAINT psa_closed_tickets_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT psa_closed_tickets_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_postings_ticket_idx ON psa_postings (account_id, ticket_id)
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("psa_closed_tickets"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
