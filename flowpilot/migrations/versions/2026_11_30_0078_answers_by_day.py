"""Days of sessions say which answers left the options, and open sessions are read from an index (decision 80).

Each day is marked, and a job of each account sums it up again. One that the release before sums up has shorter
lists in the new columns, so it is read from its rows until it is compared.

Each account is marked in a transaction of its own, so that nobody waits until all are.
"""

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import apart

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

COLUMNS = ("cell_answers", "cell_free_texts", "cell_leaving", "cell_uncharted")

MARKS = """
INSERT INTO session_news (account_id, day, id)
SELECT account_id, day, gen_random_uuid() FROM session_days WHERE account_id = %(account_id)s
"""


def upgrade() -> None:
    with apart() as connection:
        for column in COLUMNS:
            change = (
                f"ALTER TABLE session_days ADD COLUMN IF NOT EXISTS {column} INTEGER[] DEFAULT '{{}}' NOT NULL"
            )
            connection.exec_driver_sql(change)
    with apart() as connection:
        connection.exec_driver_sql(
            "CREATE INDEX IF NOT EXISTS ai_sessions_open_idx ON ai_sessions (account_id, created_at)"
            " INCLUDE (problem_domain, matched_flow_id, answer_count, free_text_count)"
            " WHERE status IN ('active', 'paused')"
        )
    for account_id in each_account(op.get_bind()):
        with apart(account_id) as connection:
            connection.exec_driver_sql(MARKS, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
