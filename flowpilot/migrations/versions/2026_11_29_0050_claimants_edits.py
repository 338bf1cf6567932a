"""Corrections, strikes and take-backs were counted as the claimants' first actions, and are no more."""

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import apart

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

# Of claims whose first action was an edit: the earliest step of the claimant that edits no other. The edit has
# ended the lease of an open claim, which with neither an action nor a lease would never be reminded of nor go back
# to the queue. If its claimant has done nothing else, it keeps what it has.
FILL = """
WITH edited AS (
    SELECT h.id, (
        SELECT min(p.created_at) FROM ai_session_steps p
        WHERE p.account_id = %(account_id)s AND p.session_id = h.session_id AND p.actor_id = h.claimed_by
          AND p.created_at > h.claimed_at AND p.kind NOT IN ('correct', 'strike', 'take_back')
    ) AS acted_at
    FROM session_handoffs h
    WHERE h.account_id = %(account_id)s AND h.claimant_action_at IS NOT NULL AND EXISTS (
        SELECT FROM ai_session_steps e
        WHERE e.account_id = %(account_id)s AND e.session_id = h.session_id AND e.actor_id = h.claimed_by
          AND e.created_at = h.claimant_action_at AND e.kind IN ('correct', 'strike', 'take_back')
    )
)
UPDATE session_handoffs h SET claimant_action_at = edited.acted_at
FROM edited
WHERE h.account_id = %(account_id)s AND h.id = edited.id
  AND (edited.acted_at IS NOT NULL OR h.closed_at IS NOT NULL)
"""


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        with apart(account_id) as connection:
            connection.exec_driver_sql(FILL, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
