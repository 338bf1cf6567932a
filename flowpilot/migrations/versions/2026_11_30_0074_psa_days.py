"""Days of pushes and time entries in sums (docs/decisions/0084), by the job that sums up the days of sessions.

Every day that has some is marked. Until its job comes by, which is within an hour, reports read the rows.
"""

from alembic import op

from flowpilot.db.rls import each_account, tenant_policy
from flowpilot.migrations.shards import refer_to_account

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

TABLES = ("psa_days", "psa_news")

DAYS = """
CREATE TABLE psa_days (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    pushes INTEGER NOT NULL,
    pushed INTEGER NOT NULL,
    pushed_by_retry INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL,
    pushed_first INTEGER NOT NULL,
    pushed_before TIMESTAMP WITH TIME ZONE[] NOT NULL,
    entries INTEGER NOT NULL,
    hours BIGINT NOT NULL,
    entry_quarter INTEGER[] NOT NULL,
    entry_n INTEGER[] NOT NULL,
    entry_hours BIGINT[] NOT NULL,
    logged_first INTEGER NOT NULL,
    logged_before TIMESTAMP WITH TIME ZONE[] NOT NULL,
    CONSTRAINT psa_days_pkey PRIMARY KEY (account_id, day)
)
"""
NEWS = """
CREATE TABLE psa_news (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT psa_news_pkey PRIMARY KEY (account_id, day, id)
)
"""

MARKS = """
INSERT INTO psa_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid() FROM (
    SELECT (posted_at AT TIME ZONE 'UTC')::date AS day
    FROM psa_post_logs WHERE account_id = %(account_id)s AND posted_at IS NOT NULL
    UNION SELECT (created_at AT TIME ZONE 'UTC')::date
    FROM psa_activity_logs WHERE account_id = %(account_id)s AND activity_type = 'time_entry_posted'
) days
"""


def upgrade() -> None:
    op.execute(DAYS)
    op.execute(NEWS)
    for table in TABLES:
        refer_to_account(table)
        op.execute(tenant_policy(table))
    connection = op.get_bind()
    for account_id in each_account(connection):
        connection.exec_driver_sql(MARKS, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
