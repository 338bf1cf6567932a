"""Tables that another import counts are not counted: it would be waited for until it has ended.

What is counted stays locked until the import's one transaction ends, for other counts, and not for rows.
"""

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION analyze_sessions() RETURNS void LANGUAGE sql SECURITY DEFINER"
        " SET search_path = pg_catalog, public SET client_min_messages = error"
        " AS 'ANALYZE (SKIP_LOCKED) ai_sessions, ai_session_steps, session_handoffs, handoff_events,"
        " import_items, import_cases'"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
