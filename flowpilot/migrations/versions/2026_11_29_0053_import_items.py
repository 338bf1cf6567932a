"""What each import brought, so that it can be undone."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE import_items ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " run_id UUID NOT NULL,"
        " kind TEXT NOT NULL CONSTRAINT import_items_kind_check CHECK (kind IN ('session', 'person', 'client')),"
        " PRIMARY KEY (account_id, id),"
        " FOREIGN KEY (account_id, run_id) REFERENCES import_runs (account_id, id))"
    )
    op.execute("CREATE INDEX import_items_run_idx ON import_items (account_id, run_id, kind)")
    op.execute(tenant_policy("import_items"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
