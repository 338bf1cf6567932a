"""Who chose a person's password, and whether anybody has set FlowPilot up."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Of the passwords that are there, nobody knows who chose them.
PASSWORDS = "ALTER TABLE users ADD COLUMN password_given_by_operator BOOLEAN DEFAULT false NOT NULL"

# One word about all accounts, for a role that may see none. A view is asked with its owner's eyes.
INSTALLATION = "CREATE VIEW installation AS SELECT EXISTS (SELECT FROM accounts) AS has_accounts"


def upgrade() -> None:
    op.execute(PASSWORDS)
    op.execute(INSTALLATION)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
