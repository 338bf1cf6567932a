"""Days of sessions in sums, which reports read instead of the sessions themselves (docs/decisions/0080).

Every day that has sessions is marked, and a job of each account sums them up in the background.
"""

from alembic import op

from flowpilot.db.rls import each_account, tenant_policy

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

TABLES = ("session_days", "session_news", "session_rolls")

DDL = """
CREATE TABLE session_days (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    kind_status TEXT[] NOT NULL,
    kind_tier TEXT[] NOT NULL,
    kind_n INTEGER[] NOT NULL,
    kind_steps BIGINT[] NOT NULL,
    kind_step_squares DOUBLE PRECISION[] NOT NULL,
    kind_step_cubes DOUBLE PRECISION[] NOT NULL,
    kind_rated INTEGER[] NOT NULL,
    kind_rating INTEGER[] NOT NULL,
    kind_rating_squares INTEGER[] NOT NULL,
    kind_rating_cubes INTEGER[] NOT NULL,
    kind_tickets INTEGER[] NOT NULL,
    kind_timed INTEGER[] NOT NULL,
    kind_duration INTERVAL[] NOT NULL,
    kind_duration_squares DOUBLE PRECISION[] NOT NULL,
    kind_duration_cubes DOUBLE PRECISION[] NOT NULL,
    cell_domain TEXT[] NOT NULL,
    cell_flow_id UUID[] NOT NULL,
    cell_n INTEGER[] NOT NULL,
    cell_resolved INTEGER[] NOT NULL,
    cell_escalated INTEGER[] NOT NULL,
    cell_guided INTEGER[] NOT NULL,
    cell_timed INTEGER[] NOT NULL,
    cell_duration INTERVAL[] NOT NULL,
    cell_worked DOUBLE PRECISION[] NOT NULL,
    end_quarter INTEGER[] NOT NULL,
    end_n INTEGER[] NOT NULL,
    end_duration INTERVAL[] NOT NULL,
    end_squares DOUBLE PRECISION[] NOT NULL,
    end_cubes DOUBLE PRECISION[] NOT NULL,
    end_worked DOUBLE PRECISION[] NOT NULL,
    end_worked_squares DOUBLE PRECISION[] NOT NULL,
    end_worked_cubes DOUBLE PRECISION[] NOT NULL,
    CONSTRAINT session_days_pkey PRIMARY KEY (account_id, day),
    CONSTRAINT session_days_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE session_news (
    account_id UUID NOT NULL,
    day DATE NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT session_news_pkey PRIMARY KEY (account_id, day, id),
    CONSTRAINT session_news_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE session_rolls (
    account_id UUID NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT session_rolls_pkey PRIMARY KEY (account_id),
    CONSTRAINT session_rolls_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
)
"""

MARKS = """
INSERT INTO session_news (account_id, day, id)
SELECT account_id, day, gen_random_uuid() FROM (
    SELECT DISTINCT account_id, (created_at AT TIME ZONE 'UTC')::date AS day
    FROM ai_sessions WHERE account_id = %(account_id)s
) days
"""

# In a minute: until then the release before may still run, which does not know the job.
JOBS = """
WITH begun AS (
    INSERT INTO session_rolls (account_id, due_at)
    SELECT %(account_id)s, now() + interval '1 minute'
    WHERE EXISTS (SELECT FROM session_news WHERE account_id = %(account_id)s)
    RETURNING account_id, due_at
)
INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
SELECT 'days', 'sessions.roll', jsonb_build_object('account_id', account_id, 'due_at', due_at), due_at
FROM begun
"""


def upgrade() -> None:
    op.execute(DDL)
    for table in TABLES:
        op.execute(tenant_policy(table))
    connection = op.get_bind()
    for account_id in each_account(connection):
        for statement in (MARKS, JOBS):
            connection.exec_driver_sql(statement, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
