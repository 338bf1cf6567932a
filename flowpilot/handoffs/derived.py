"""The first action after a claim, recomputed from the session's steps.

The contract's definition: the earliest step of the same session strictly after the claim.
"""

import psycopg

_RECONCILE = """
UPDATE session_handoffs h
SET first_action_at = a.created_at, first_action_by = a.actor_id
FROM (
    SELECT h.account_id, h.id, step.created_at, step.actor_id
    FROM session_handoffs h
    LEFT JOIN LATERAL (
        SELECT p.created_at, p.actor_id
        FROM ai_session_steps p
        WHERE p.account_id = h.account_id AND p.session_id = h.session_id AND p.created_at > h.claimed_at
        ORDER BY p.created_at, p.position
        LIMIT 1
    ) step ON true
    WHERE h.account_id = %(account_id)s
) a
WHERE h.account_id = a.account_id AND h.id = a.id
  AND (h.first_action_at, h.first_action_by) IS DISTINCT FROM (a.created_at, a.actor_id)
"""


def reconcile(connection: psycopg.Connection, account_id: object) -> int:
    """Correct every handoff of the account the transaction states; return how many were wrong."""
    return connection.execute(_RECONCILE, {"account_id": account_id}).rowcount
