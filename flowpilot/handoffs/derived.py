"""The first action after a claim, by anybody and by the claimant, recomputed from the session's steps.

The contract's definition: the earliest step of the same session strictly after the claim. For the claimant it must
also be an action of theirs (`acting.claimants`).
"""

import psycopg

from flowpilot.db.bulk import read_each_row_once
from flowpilot.handoffs.acting.claimants import IS_ACTION
from flowpilot.handoffs.days.news import mark_all
from flowpilot.identity.hours.recount import recount

_RECONCILE = f"""
UPDATE session_handoffs h
SET first_action_at = a.created_at, first_action_by = a.actor_id, claimant_action_at = a.by_claimant
FROM (
    SELECT DISTINCT ON (h.id) h.id, p.created_at, p.actor_id,
           min(p.created_at) FILTER (
               WHERE p.actor_id = h.claimed_by AND {IS_ACTION}
           ) OVER (PARTITION BY h.id) AS by_claimant
    FROM session_handoffs h
    LEFT JOIN ai_sessions w
      ON w.account_id = %(account_id)s AND w.id = h.session_id AND w.look_again_at IS NOT NULL
    LEFT JOIN ai_session_steps p
      ON p.account_id = %(account_id)s AND p.session_id = h.session_id AND p.created_at > h.claimed_at
    WHERE h.account_id = %(account_id)s
    ORDER BY h.id, p.created_at, p.position
) a
WHERE h.account_id = %(account_id)s AND h.id = a.id
  AND (h.first_action_at, h.first_action_by, h.claimant_action_at)
      IS DISTINCT FROM (a.created_at, a.actor_id, a.by_claimant)
"""  # noqa: S608 - the kinds are our own constants


_WORKING_TIMES = {
    "claim_work_seconds": ("created_at", "claimed_at"),
    "action_work_seconds": ("claimed_at", "first_action_at"),
    "claimant_work_seconds": ("claimed_at", "claimant_action_at"),
}


def reconcile(connection: psycopg.Connection, account_id: object) -> int:
    """Correct every handoff of the account, and its working times; return how many were wrong."""
    read_each_row_once(connection)
    corrected = connection.execute(_RECONCILE, {"account_id": account_id}).rowcount
    if corrected:
        mark_all(connection, account_id)
    return corrected + recount_times(connection, account_id)


def recount_times(connection: psycopg.Connection, account_id: object) -> int:
    """Correct the working times of every handoff of the account; return how many were wrong."""
    corrected = recount(connection, account_id, "session_handoffs", _WORKING_TIMES)
    if corrected:
        mark_all(connection, account_id)
    return corrected
