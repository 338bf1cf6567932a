"""Words can be removed for good from append-only rows: of one session, in one transaction that says so."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# As it was then.
_FROM = "NULLIF(current_setting('app.removing_from', true), '')::uuid"
_FROM_HANDOFFS = "string_to_array(NULLIF(current_setting('app.removing_from_handoffs', true), ''), ',')::uuid[]"
_RULES = {
    "ai_session_steps": (f"session_id = {_FROM}", "content ? 'removed'"),
    "ai_session_status_changes": (f"session_id = {_FROM}", "true"),
    "handoff_events": (f"handoff_id = ANY ({_FROM_HANDOFFS})", "true"),
    "audit_log": (f"{_FROM} IS NOT NULL AND target_type = 'flow'", "target_type = 'flow'"),
}


def upgrade() -> None:
    for table, (using, check) in _RULES.items():
        op.execute(
            f"CREATE POLICY removal ON {table} AS RESTRICTIVE FOR UPDATE USING ({using}) WITH CHECK ({check})"
        )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
