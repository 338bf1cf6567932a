"""Working hours with a history, and the working time beside each duration."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

COLUMNS = {
    "ai_sessions": ("work_seconds",),
    "session_handoffs": ("claim_work_seconds", "action_work_seconds", "claimant_work_seconds"),
}


def upgrade() -> None:
    op.execute(
        "CREATE TABLE account_hours ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " valid_from DATE,"
        " timezone TEXT NOT NULL,"
        " spans JSONB,"
        " holidays JSONB DEFAULT '[]' NOT NULL,"
        " created_by UUID,"
        " created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,"
        " PRIMARY KEY (account_id, id),"
        " UNIQUE NULLS NOT DISTINCT (account_id, valid_from))"
    )
    op.execute(tenant_policy("account_hours"))
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} DOUBLE PRECISION")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
