"""Days of handoffs have a version, and more of each handoff (docs/decisions/0089).

Every day that has some is marked, so reports read the rows until it is made again, which is within an hour. A
server of the release before knows no version, so it cannot make a day again: its job fails and is tried again, the
days keep their marks, and its reports read their rows, too.

Each account is marked in a transaction of its own, so that nobody waits until all are.
"""

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import apart

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

# A default for the rows that are there, without writing them; then none, so that nobody forgets it.
MORE = """
ALTER TABLE handoff_days
    ADD COLUMN IF NOT EXISTS created_more BYTEA NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS claimed_more BYTEA NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS version UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
"""
NO_DEFAULT = """
ALTER TABLE handoff_days
    ALTER COLUMN created_more DROP DEFAULT,
    ALTER COLUMN claimed_more DROP DEFAULT,
    ALTER COLUMN version DROP DEFAULT
"""
MARKS = """
INSERT INTO handoff_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid() FROM handoff_days WHERE account_id = %(account_id)s
"""


def upgrade() -> None:
    with apart() as connection:
        connection.exec_driver_sql(MORE)
        connection.exec_driver_sql(NO_DEFAULT)
    for account_id in each_account(op.get_bind()):
        with apart(account_id) as connection:
            connection.exec_driver_sql(MARKS, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
