"""The first action after a claim, recomputed from the session's steps.

The contract's definition: the earliest step of the same session strictly after the claim.
"""

import psycopg

from flowpilot.db.bulk import read_each_row_once

_RECONCILE = """
UPDATE session_handoffs h
SET first_action_at = a.created_at, first_action_by = a.actor_id
FROM (
    SELECT DISTINCT ON (h.id) h.id, p.created_at, p.actor_id
    FROM session_handoffs h
    LEFT JOIN ai_session_steps p
      ON p.account_id = %(account_id)s AND p.session_id = h.session_id AND p.created_at > h.claimed_at
    WHERE h.account_id = %(account_id)s
    ORDER BY h.id, p.created_at, p.position
) a
WHERE h.account_id = %(account_id)s AND h.id = a.id
  AND (h.first_action_at, h.first_action_by) IS DISTINCT FROM (a.created_at, a.actor_id)
"""


def reconcile(connection: psycopg.Connection, account_id: object) -> int:
    """Correct every handoff of the account; return how many were wrong."""
    read_each_row_once(connection)
    return connection.execute(_RECONCILE, {"account_id": account_id}).rowcount
