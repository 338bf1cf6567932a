"""Clients: their names, their companies in the ticket system, their merges, and the client of a session.

By itself, because everybody waits for the sessions while their new column is checked and indexed.
"""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("clients", "client_names", "client_companies", "client_merges", "client_merge_sessions")

DDL = """
CREATE TABLE clients (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    notes TEXT DEFAULT '' NOT NULL,
    merged_into_id UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT clients_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT clients_account_id_merged_into_id_fkey
        FOREIGN KEY(account_id, merged_into_id) REFERENCES clients (account_id, id),
    CONSTRAINT clients_merged_into_id_check CHECK (merged_into_id <> id),
    CONSTRAINT clients_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE client_names (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    client_id UUID NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT client_names_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT client_names_account_id_client_id_fkey
        FOREIGN KEY(account_id, client_id) REFERENCES clients (account_id, id),
    CONSTRAINT client_names_account_id_key_key UNIQUE (account_id, key),
    CONSTRAINT client_names_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX client_names_account_id_client_id_idx ON client_names (account_id, client_id);
CREATE TABLE client_companies (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    client_id UUID NOT NULL,
    connection_id UUID NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    CONSTRAINT client_companies_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT client_companies_account_id_client_id_fkey
        FOREIGN KEY(account_id, client_id) REFERENCES clients (account_id, id),
    CONSTRAINT client_companies_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT client_companies_account_id_connection_id_external_id_key
        UNIQUE (account_id, connection_id, external_id),
    CONSTRAINT client_companies_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX client_companies_account_id_client_id_idx ON client_companies (account_id, client_id);
CREATE TABLE client_merges (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    client_id UUID NOT NULL,
    into_id UUID NOT NULL,
    name_ids UUID[] NOT NULL,
    company_ids UUID[] NOT NULL,
    session_count INTEGER DEFAULT '0' NOT NULL,
    merged_by UUID,
    merged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_by UUID,
    undone_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT client_merges_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT client_merges_account_id_client_id_fkey
        FOREIGN KEY(account_id, client_id) REFERENCES clients (account_id, id),
    CONSTRAINT client_merges_account_id_into_id_fkey
        FOREIGN KEY(account_id, into_id) REFERENCES clients (account_id, id),
    CONSTRAINT client_merges_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX client_merges_account_id_into_id_idx ON client_merges (account_id, into_id);
CREATE UNIQUE INDEX client_merges_standing_idx ON client_merges (account_id, client_id) WHERE undone_at IS NULL;
CREATE TABLE client_merge_sessions (
    account_id UUID NOT NULL,
    merge_id UUID NOT NULL,
    session_id UUID NOT NULL,
    CONSTRAINT client_merge_sessions_pkey PRIMARY KEY (account_id, merge_id, session_id),
    CONSTRAINT client_merge_sessions_account_id_merge_id_fkey
        FOREIGN KEY(account_id, merge_id) REFERENCES client_merges (account_id, id),
    CONSTRAINT client_merge_sessions_account_id_session_id_fkey
        FOREIGN KEY(account_id, session_id) REFERENCES ai_sessions (account_id, id),
    CONSTRAINT client_merge_sessions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
ALTER TABLE ai_sessions ADD COLUMN client_id UUID;
ALTER TABLE ai_sessions ADD CONSTRAINT ai_sessions_account_id_client_id_fkey
    FOREIGN KEY (account_id, client_id) REFERENCES clients (account_id, id);
CREATE INDEX ai_sessions_client_idx ON ai_sessions (account_id, client_id, created_at) WHERE client_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(DDL)
    for table in TABLES:
        op.execute(tenant_policy(table))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
