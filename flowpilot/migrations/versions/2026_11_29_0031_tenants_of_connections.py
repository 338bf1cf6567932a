"""A connection knows its tenant, because one address may lead to the ticket systems of many desks.

Whose it is stands in the credentials, which only the application can read: it is kept from the next change on.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE psa_connections ADD COLUMN tenant TEXT DEFAULT '' NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
