"""Days of handoffs in short (docs/decisions/0085), made by the job that sums up the days of sessions.

Every day that has some is marked. Until its job comes by, which is within an hour, reports read the rows.
"""

from alembic import op

from flowpilot.db.rls import each_account, tenant_policy
from flowpilot.migrations.shards import refer_to_account

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

TABLES = ("handoff_days", "handoff_news")

DAYS = """
CREATE TABLE handoff_days (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    created BYTEA NOT NULL,
    claimed BYTEA NOT NULL,
    claims BYTEA NOT NULL,
    groups BIGINT[] NOT NULL,
    group_handoffs UUID[] NOT NULL,
    CONSTRAINT handoff_days_pkey PRIMARY KEY (account_id, day)
)
"""
NEWS = """
CREATE TABLE handoff_news (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT handoff_news_pkey PRIMARY KEY (account_id, day, id)
)
"""

MARKS = """
INSERT INTO handoff_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid() FROM (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day FROM session_handoffs WHERE account_id = %(account_id)s
    UNION SELECT (claimed_at AT TIME ZONE 'UTC')::date FROM session_handoffs
    WHERE account_id = %(account_id)s AND claimed_at IS NOT NULL
    UNION SELECT (created_at AT TIME ZONE 'UTC')::date FROM handoff_events
    WHERE account_id = %(account_id)s AND kind = 'claimed'
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
