"""What each import said of a case, so that a later one adds to it; and how an import writes a session again.

The function deletes only in the present account, because row security applies to its owner too, and only what
belongs to sessions in which nobody has done anything: one that was begun or touched here has a last activity.
"""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

CLEAR = """
CREATE FUNCTION clear_imported_sessions(of_account uuid, listed uuid[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE untouched uuid[] := (
    SELECT array_agg(s.id) FROM ai_sessions s
    JOIN import_items i ON i.account_id = s.account_id AND i.id = s.id
    WHERE s.account_id = of_account AND s.id = ANY (listed) AND s.last_activity_at IS NULL
);
BEGIN
    DELETE FROM handoff_events e USING session_handoffs h
    WHERE e.account_id = of_account AND h.account_id = e.account_id AND h.id = e.handoff_id
        AND h.session_id = ANY (untouched);
    DELETE FROM session_handoffs WHERE account_id = of_account AND session_id = ANY (untouched);
    DELETE FROM ai_session_steps WHERE account_id = of_account AND session_id = ANY (untouched);
END $$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE import_runs ADD COLUMN rules JSONB")
    op.execute("ALTER TABLE import_items ADD COLUMN steps INTEGER, ADD COLUMN events INTEGER")
    op.execute(
        "CREATE TABLE import_cases ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " run_id UUID NOT NULL,"
        " session_id UUID NOT NULL,"
        " rows JSONB NOT NULL,"
        " PRIMARY KEY (account_id, id),"
        " UNIQUE (account_id, session_id, run_id),"
        " FOREIGN KEY (account_id, run_id) REFERENCES import_runs (account_id, id),"
        " FOREIGN KEY (account_id, session_id) REFERENCES ai_sessions (account_id, id))"
    )
    op.execute("CREATE INDEX import_cases_run_idx ON import_cases (account_id, run_id)")
    op.execute(tenant_policy("import_cases"))
    op.execute(CLEAR)
    op.execute("REVOKE ALL ON FUNCTION clear_imported_sessions(uuid, uuid[]) FROM PUBLIC")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
