"""What row security lets a statement do with a row is one policy, and none narrows what another allows.

PostgreSQL has restrictive policies for that, but Citus copies each to its shards as one that allows: there a
question found every text, and what may only be added to could be changed.
"""

from flowpilot.migrations.apart import apart

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

_MINE = "account_id = NULLIF(current_setting('app.account_id', true), '')::uuid"
_FROM = "NULLIF(current_setting('app.removing_from', true), '')::uuid"
_FROM_HANDOFFS = "string_to_array(NULLIF(current_setting('app.removing_from_handoffs', true), ''), ',')::uuid[]"
_FOUND = "words @@ COALESCE(NULLIF(current_setting('app.search', true), ''), '!#')::tsquery"

# Of each table, which rows may be changed, and what they must be then.
CHANGED = {
    "ai_session_steps": (f"session_id = {_FROM}", "content ? 'removed'"),
    "ai_session_status_changes": (f"session_id = {_FROM}", "true"),
    "handoff_events": (f"handoff_id = ANY ({_FROM_HANDOFFS})", "true"),
    # On a table that is spread, Citus cannot read IS NOT NULL.
    "audit_log": (
        "current_setting('app.removing_from', true) <> '' AND target_type = 'flow'",
        "target_type = 'flow'",
    ),
}


def upgrade() -> None:
    for table, (using, check) in CHANGED.items():
        _replace(
            table,
            f"tenant_select ON {table} FOR SELECT USING ({_MINE})",
            f"removal ON {table} FOR UPDATE USING ({_MINE} AND {using}) WITH CHECK ({_MINE} AND {check})",
        )
    _replace(
        "session_texts",
        f"search ON session_texts FOR SELECT USING ({_MINE} AND {_FOUND})",
        f"tenant_update ON session_texts FOR UPDATE USING ({_MINE}) WITH CHECK ({_MINE})",
    )


def _replace(table: str, *policies: str) -> None:
    """Give a table these policies alone, in its own transaction, so that nobody waits for two tables at once."""
    ours = (
        f"tenant_insert ON {table} FOR INSERT WITH CHECK ({_MINE})",
        f"tenant_delete ON {table} FOR DELETE USING ({_MINE})",
        *policies,
    )
    with apart() as connection:
        for name in ("tenant", *(policy.split()[0] for policy in ours)):
            connection.exec_driver_sql(f"DROP POLICY IF EXISTS {name} ON {table}")
        for policy in ours:
            connection.exec_driver_sql(f"CREATE POLICY {policy}")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
