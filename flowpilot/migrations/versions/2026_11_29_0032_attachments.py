"""Files of steps, handoffs and flows, and their bytes."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE attachments (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    width INTEGER,
    height INTEGER,
    thumbnail_bytes INTEGER,
    goes_to_ticket BOOLEAN DEFAULT 'true' NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attached_at TIMESTAMP WITH TIME ZONE,
    session_id UUID,
    flow_id UUID,
    is_erased BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT attachments_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT attachments_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT attachments_account_id_flow_id_fkey FOREIGN KEY(account_id, flow_id)
        REFERENCES trees (account_id, id),
    CONSTRAINT attachments_owner_check CHECK (session_id IS NULL OR flow_id IS NULL),
    CONSTRAINT attachments_attached_at_check
        CHECK ((attached_at IS NULL) = (session_id IS NULL AND flow_id IS NULL)),
    CONSTRAINT attachments_byte_count_check CHECK (byte_count >= 0),
    CONSTRAINT attachments_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX attachments_sizes_idx ON attachments (account_id) INCLUDE (byte_count);
CREATE INDEX attachments_session_idx ON attachments (account_id, session_id) WHERE session_id IS NOT NULL;
CREATE TABLE attachment_chunks (
    account_id UUID NOT NULL,
    attachment_id UUID NOT NULL,
    is_thumbnail BOOLEAN NOT NULL,
    position INTEGER NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT attachment_chunks_pkey PRIMARY KEY (account_id, attachment_id, is_thumbnail, position),
    CONSTRAINT attachment_chunks_account_id_attachment_id_fkey FOREIGN KEY(account_id, attachment_id)
        REFERENCES attachments (account_id, id),
    CONSTRAINT attachment_chunks_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
ALTER TABLE attachment_chunks ALTER COLUMN content SET STORAGE EXTERNAL
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("attachments"))
    op.execute(tenant_policy("attachment_chunks"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
