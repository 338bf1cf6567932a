"""Days say when their sessions and handoffs began and ended, by quarters of an hour (docs/decisions/0091).

Each day is marked, and reports read its rows until a job of its account has summed it up again. A server of the
release before cannot make a day of handoffs again, so its job fails, and the days keep their marks.

Each account is marked in a transaction of its own, and reports and jobs wait only while the columns are added. If
the server stops before all are marked, the columns are there already, and a second mark of a day does no harm.
"""

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import apart

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

ADDED = ("begun_quarter", "begun_n", "begun_end_unknown", "over_quarter", "over_n")
LISTS = (
    *("kind_status", "kind_tier", "kind_n", "kind_steps", "kind_step_squares", "kind_step_cubes", "kind_rated"),
    *("kind_rating", "kind_rating_squares", "kind_rating_cubes", "kind_tickets", "kind_timed", "kind_duration"),
    *("kind_duration_squares", "kind_duration_cubes", "cell_domain", "cell_flow_id", "cell_n", "cell_resolved"),
    *("cell_escalated", "cell_guided", "cell_timed", "cell_duration", "cell_worked", "cell_answers"),
    *("cell_free_texts", "cell_leaving", "cell_uncharted", "end_quarter", "end_n", "end_duration", "end_squares"),
    *("end_cubes", "end_worked", "end_worked_squares", "end_worked_cubes", *ADDED),
)
# A default for the rows that are there; then none, so that nobody forgets it.
OF_HANDOFFS = ("begun_quarter", "begun_n", "over_quarter", "over_n")

MARKS = """
INSERT INTO {news} (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid() FROM {days} WHERE account_id = %(account_id)s
"""


def upgrade() -> None:
    digest = " # ".join(f"hash_array_extended({name}, {seed})" for seed, name in enumerate(LISTS, start=1))
    with apart() as connection:
        connection.exec_driver_sql("ALTER TABLE session_days DROP COLUMN IF EXISTS version")
        for column in ADDED:
            _add(connection, "session_days", column)
        connection.exec_driver_sql(
            f"ALTER TABLE session_days ADD COLUMN version BIGINT GENERATED ALWAYS AS ({digest}) STORED NOT NULL"
        )
    with apart() as connection:
        for column in OF_HANDOFFS:
            _add(connection, "handoff_days", column)
            connection.exec_driver_sql(f"ALTER TABLE handoff_days ALTER COLUMN {column} DROP DEFAULT")
    for account_id in each_account(op.get_bind()):
        with apart(account_id) as connection:
            for days, news in (("session_days", "session_news"), ("handoff_days", "handoff_news")):
                connection.exec_driver_sql(MARKS.format(days=days, news=news), {"account_id": account_id})


def _add(connection: Connection, table: str, column: str) -> None:
    change = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} INTEGER[] DEFAULT '{{}}' NOT NULL"
    connection.exec_driver_sql(change)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
