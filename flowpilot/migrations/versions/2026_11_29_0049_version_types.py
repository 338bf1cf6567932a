"""Each version of a flow gets a type: that of its flow, because older ones were kept nowhere."""

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import apart

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

# Every session reads this table, so the lock that adds the column is gone before rows are changed.
ADD = "ALTER TABLE tree_versions ADD COLUMN IF NOT EXISTS tree_type TEXT DEFAULT 'troubleshooting' NOT NULL"
COPY = """
UPDATE tree_versions v SET tree_type = t.tree_type FROM trees t
WHERE v.account_id = %(account_id)s AND t.account_id = %(account_id)s AND t.id = v.tree_id
  AND t.tree_type <> v.tree_type
"""


def upgrade() -> None:
    with apart() as connection:
        connection.exec_driver_sql(ADD)
    for account_id in each_account(op.get_bind()):
        with apart(account_id) as connection:
            connection.exec_driver_sql(COPY, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
