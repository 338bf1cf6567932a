"""Check what the migrations before added without looking at the rows that were there."""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("ai_sessions", "ai_sessions_waiting_for_check"),
    ("ai_sessions", "ai_sessions_look_again_at_check"),
    ("psa_posting_steps", "psa_posting_steps_kind_check"),
    ("psa_posting_steps", "psa_posting_steps_attachment_check"),
    ("psa_posting_steps", "psa_posting_steps_account_id_attachment_id_fkey"),
)


def upgrade() -> None:
    for table, constraint in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
