"""Find the claimants' first actions of all handoffs, and check what the migration before did not."""

import uuid

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import FIRST, apart

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_PAGE = 1000

# The earliest step of the session by the claimant, strictly after the claim. It says where its page ends.
FILL = """
WITH page AS (
    SELECT id, session_id, claimed_by, claimed_at FROM session_handoffs
    WHERE account_id = %(account_id)s AND id > %(after)s
    ORDER BY id LIMIT %(page)s
), found AS (
    SELECT h.id, min(p.created_at) AS at
    FROM page h
    JOIN ai_session_steps p
      ON p.account_id = %(account_id)s AND p.session_id = h.session_id
     AND p.actor_id = h.claimed_by AND p.created_at > h.claimed_at
    GROUP BY h.id
), filled AS (
    UPDATE session_handoffs h SET claimant_action_at = found.at
    FROM found WHERE h.account_id = %(account_id)s AND h.id = found.id
)
SELECT id FROM page ORDER BY id DESC LIMIT 1
"""

VALIDATE = (
    "ALTER TABLE session_handoffs VALIDATE CONSTRAINT session_handoffs_claimant_action_at_check",
    "ALTER TABLE handoff_events VALIDATE CONSTRAINT handoff_events_kind_check",
)


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        last: uuid.UUID | None = FIRST
        while last is not None:
            with apart(account_id) as connection:
                page = {"account_id": account_id, "after": last, "page": _PAGE}
                last = connection.exec_driver_sql(FILL, page).scalar()
    for statement in VALIDATE:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
