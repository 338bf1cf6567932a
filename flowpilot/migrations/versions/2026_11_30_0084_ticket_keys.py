"""A session has what the numbers of its ticket have in common, however one is written, so that an index finds it.

PostgreSQL computes it of whatever is written. The table is written anew, some ten seconds for a million sessions,
while everybody waits who reads or writes one, and those who write wait for the index. The index of numbers as they
are written goes: nothing looks for them without their key.
"""

from flowpilot.migrations.apart import apart

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None


# If the server stops between two of them, the first are there already.
STATEMENTS = (
    "ALTER TABLE ai_sessions ADD COLUMN IF NOT EXISTS ticket_key TEXT"
    " GENERATED ALWAYS AS (lower(btrim(ltrim(btrim(psa_ticket_id), '#')))) STORED",
    "CREATE INDEX IF NOT EXISTS ai_sessions_ticket_key_idx ON ai_sessions (account_id, ticket_key, created_at)"
    " WHERE ticket_key IS NOT NULL",
    "DROP INDEX IF EXISTS ai_sessions_ticket_idx",
    "ANALYZE ai_sessions (ticket_key)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        with apart() as connection:
            connection.exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
