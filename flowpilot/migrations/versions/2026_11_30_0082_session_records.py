"""Days of sessions in short (docs/decisions/0090), made by the job that sums up the days of sessions.

Every day that has some is marked. Until its job comes by, which is within an hour, reports read the rows. A server
of the release before makes sums of marked days, and no records: those days are found when days are compared.
"""

from alembic import op

from flowpilot.db.rls import each_account, tenant_policy
from flowpilot.migrations.shards import refer_to_account

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

RECORDS = """
CREATE TABLE session_records (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    times BYTEA NOT NULL,
    tickets BYTEA NOT NULL,
    worked BYTEA NOT NULL,
    fixes BYTEA NOT NULL,
    reopened BYTEA NOT NULL,
    handoffs BYTEA NOT NULL,
    flows UUID[] NOT NULL,
    version UUID NOT NULL,
    CONSTRAINT session_records_pkey PRIMARY KEY (account_id, day)
)
"""

MARKS = """
INSERT INTO session_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid()
FROM (
    SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date AS day FROM ai_sessions WHERE account_id = %(account_id)s
) days
"""


def upgrade() -> None:
    op.execute(RECORDS)
    refer_to_account("session_records")
    op.execute(tenant_policy("session_records"))
    connection = op.get_bind()
    for account_id in each_account(connection):
        connection.exec_driver_sql(MARKS, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
