"""What imports keep of their cases is counted with the sessions.

The next import joins its rows with both tables, and without statistics read one of them again for each case.
"""

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION analyze_sessions() RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, public"
        " AS 'BEGIN ANALYZE ai_sessions, ai_session_steps, session_handoffs, handoff_events,"
        " import_items, import_cases; END'"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
