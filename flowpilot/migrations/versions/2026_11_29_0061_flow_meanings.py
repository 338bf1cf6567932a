"""What published flows mean, for the extra `meaning`. `flowpilot flow index` fills it for flows that are there."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE flow_meanings ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " version_id UUID NOT NULL,"
        " model TEXT NOT NULL,"
        " vectors BYTEA NOT NULL,"
        " PRIMARY KEY (account_id, id),"
        " UNIQUE (account_id, version_id),"
        " FOREIGN KEY (account_id, version_id) REFERENCES tree_versions (account_id, id))"
    )
    op.execute(tenant_policy("flow_meanings"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
