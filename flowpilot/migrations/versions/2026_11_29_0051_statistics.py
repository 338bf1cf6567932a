"""A function by which an import lets PostgreSQL count the tables that it fills, which only their owner may do.

It takes no arguments, reads no row for anybody, and the statistics of tables with row security are hidden.
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION analyze_sessions() RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, public"
        " AS 'BEGIN ANALYZE ai_sessions, ai_session_steps, session_handoffs, handoff_events; END'"
    )
    op.execute("REVOKE ALL ON FUNCTION analyze_sessions() FROM PUBLIC")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
