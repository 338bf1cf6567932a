"""What the settings pages need: working hours, invitations, the audit log by action."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE accounts
    ADD COLUMN work_days SMALLINT[],
    ADD COLUMN work_start TIME,
    ADD COLUMN work_end TIME,
    ADD CONSTRAINT accounts_work_hours_check CHECK (num_nonnulls(work_days, work_start, work_end) IN (0, 3));

CREATE INDEX audit_log_account_id_action_idx ON audit_log (account_id, action);
"""

TABLES = """
CREATE TABLE invitations (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    token_hash BYTEA NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    accepted_at TIMESTAMPTZ,
    accepted_by UUID,
    revoked_at TIMESTAMPTZ,
    CONSTRAINT invitations_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT invitations_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX invitations_account_id_email_key ON invitations (account_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)
    op.execute(tenant_policy("invitations"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
