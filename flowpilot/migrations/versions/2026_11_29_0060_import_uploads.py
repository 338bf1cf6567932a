"""Files that are uploaded for an import, mappings that an account saves, and imports that are being undone."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE import_uploads ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " name TEXT NOT NULL,"
        " byte_count INTEGER NOT NULL,"
        " created_by UUID,"
        " created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " state TEXT DEFAULT 'kept' NOT NULL CONSTRAINT import_uploads_state_check"
        " CHECK (state IN ('kept', 'waiting', 'loading', 'done', 'failed', 'stopped')),"
        " mapping JSONB,"
        " phase TEXT,"
        " fraction DOUBLE PRECISION CONSTRAINT import_uploads_fraction_check CHECK (fraction BETWEEN 0 AND 1),"
        " is_stopping BOOLEAN DEFAULT false NOT NULL,"
        " problem TEXT,"
        " run_id UUID,"
        " PRIMARY KEY (account_id, id))"
    )
    op.execute(
        "CREATE TABLE import_chunks ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " upload_id UUID NOT NULL,"
        " position INTEGER NOT NULL,"
        " content BYTEA NOT NULL,"
        " PRIMARY KEY (account_id, upload_id, position),"
        " FOREIGN KEY (account_id, upload_id) REFERENCES import_uploads (account_id, id))"
    )
    op.execute(
        "CREATE TABLE saved_mappings ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " name TEXT NOT NULL,"
        " content JSONB NOT NULL,"
        " saved_by UUID,"
        " saved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " PRIMARY KEY (account_id, id),"
        " UNIQUE (account_id, name))"
    )
    for table in ("import_uploads", "import_chunks", "saved_mappings"):
        op.execute(tenant_policy(table))
    op.execute("ALTER TABLE import_runs ADD COLUMN undoing_since TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
