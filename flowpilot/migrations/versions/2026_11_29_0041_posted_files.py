"""A posting may attach files of its session."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

DDL = """
ALTER TABLE psa_posting_steps ADD COLUMN attachment_id UUID;
ALTER TABLE psa_posting_steps DROP CONSTRAINT psa_posting_steps_kind_check;
ALTER TABLE psa_posting_steps ADD CONSTRAINT psa_posting_steps_kind_check
    CHECK (kind IN ('note', 'time', 'file', 'status')) NOT VALID;
ALTER TABLE psa_posting_steps ADD CONSTRAINT psa_posting_steps_attachment_check
    CHECK ((kind = 'file') = (attachment_id IS NOT NULL)) NOT VALID;
ALTER TABLE psa_posting_steps ADD CONSTRAINT psa_posting_steps_account_id_attachment_id_fkey
    FOREIGN KEY (account_id, attachment_id) REFERENCES attachments (account_id, id) NOT VALID
"""


def upgrade() -> None:
    op.execute(DDL)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
