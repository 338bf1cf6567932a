"""Indexes: sessions that wait for a fix, those that were reopened, those of a ticket, and postings of a file.

Each in a transaction of its own, because who writes waits while one is made: a second for a million sessions.
"""

from flowpilot.migrations.apart import apart

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


# If the server stops between two of them, the first are there already.
INDEXES = (
    "CREATE INDEX IF NOT EXISTS ai_sessions_waiting_idx ON ai_sessions (account_id, look_again_at)"
    " WHERE look_again_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS psa_posting_steps_attachment_idx ON psa_posting_steps (account_id, attachment_id)"
    " WHERE attachment_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS ai_session_status_changes_reopened_idx"
    " ON ai_session_status_changes (account_id, created_at) INCLUDE (session_id) WHERE from_status = 'resolved'",
    "CREATE INDEX IF NOT EXISTS ai_sessions_ticket_idx ON ai_sessions (account_id, psa_ticket_id, created_at)"
    " WHERE psa_ticket_id IS NOT NULL",
)


def upgrade() -> None:
    for index in INDEXES:
        with apart() as connection:
            connection.exec_driver_sql(index)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
