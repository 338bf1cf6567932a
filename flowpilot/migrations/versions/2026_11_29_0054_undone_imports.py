"""Indexes by which PostgreSQL finds what refers to the rows that an undone import deletes; and its people may go.

Each index in a transaction of its own, because who writes waits while one is made.
"""

from alembic import op

from flowpilot.db.rls import LOGIN_USER
from flowpilot.migrations.apart import apart

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# If the server stops between two of them, the first are there already.
INDEXES = (
    "psa_post_logs_session_idx ON psa_post_logs (account_id, ai_session_id)",
    "psa_activity_logs_session_idx ON psa_activity_logs (account_id, session_id)",
    "flow_proposals_source_idx ON flow_proposals (account_id, source_session_id)"
    " WHERE source_session_id IS NOT NULL",
    "client_merge_sessions_session_idx ON client_merge_sessions (account_id, session_id)",
    "suggestion_outcomes_step_idx ON suggestion_outcomes (account_id, step_id) WHERE step_id IS NOT NULL",
    "clients_merged_idx ON clients (account_id, merged_into_id) WHERE merged_into_id IS NOT NULL",
)


def upgrade() -> None:
    for index in INDEXES:
        with apart() as connection:
            connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {index}")
    op.execute(
        "CREATE POLICY forgotten ON users FOR DELETE TO CURRENT_USER"
        f" USING (id = {LOGIN_USER} AND email IS NULL AND password_hash IS NULL)"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
