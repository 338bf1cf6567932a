"""No end before its beginning, from now on; what an import could not keep is kept with it.

The next migration mends the existing rows and validates the constraints while everybody works on, because what
this one locks is free by then.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    "ALTER TABLE ai_sessions ADD CONSTRAINT ai_sessions_resolved_at_check"
    " CHECK (resolved_at >= created_at) NOT VALID",
    "ALTER TABLE session_handoffs ADD CONSTRAINT session_handoffs_claimed_at_check"
    " CHECK (claimed_at >= created_at) NOT VALID",
    "ALTER TABLE session_handoffs ADD CONSTRAINT session_handoffs_first_action_at_check"
    " CHECK (first_action_at >= claimed_at) NOT VALID",
    "ALTER TABLE session_handoffs ADD CONSTRAINT session_handoffs_closed_at_check"
    " CHECK (closed_at >= greatest(created_at, claimed_at)) NOT VALID",
)


def upgrade() -> None:
    op.execute("ALTER TABLE import_runs ADD COLUMN warnings JSONB DEFAULT '[]' NOT NULL")
    for constraint in CONSTRAINTS:
        op.execute(constraint)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
