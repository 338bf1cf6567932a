"""Fragments of SQL that several reports share."""

from sqlalchemy import TextClause, text

# Contract: "escalated" in a count always means both of these.
ESCALATED = "status IN ('escalated', 'requesting_escalation')"

# What lies in the window, in any table that has the column.
CREATED_IN_WINDOW = "account_id = :account_id AND created_at >= :start AND created_at < :end"
CLAIMED_IN_WINDOW = "account_id = :account_id AND claimed_at >= :start AND claimed_at < :end"
POSTED_IN_WINDOW = "account_id = :account_id AND posted_at >= :start AND posted_at < :end"
LOGGED_IN_WINDOW = f"activity_type = 'time_entry_posted' AND {CREATED_IN_WINDOW}"
REVIEWED_IN_WINDOW = "reviewed_at >= :start AND reviewed_at < :end"

# The state of a handoff at as_of.
IS_CLAIMED = "claimed_at IS NOT NULL AND claimed_at <= :as_of"
IS_ACTED = "first_action_at IS NOT NULL AND first_action_at <= :as_of"
IS_CLAIMANT_ACTED = "claimant_action_at IS NOT NULL AND claimant_action_at <= :as_of"
IS_CLOSED = "closed_at IS NOT NULL AND closed_at <= :as_of"
# A log dates the claim before the handoff, so only who claimed it is known.
IS_CLAIM_TIME_UNKNOWN = "claimed_by IS NOT NULL AND claimed_at IS NULL"
# Nobody holds it, and it is open: what the queue, Home and the badge count as waiting, now.
IS_WAITING = f"NOT ({IS_CLAIMED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN}) AND NOT ({IS_CLOSED})"

# A verbal handoff whose time was known at as_of: its stopwatch had stopped, or the time was entered.
# Of handoffs.
IS_IMPORTED = "session_id IN (SELECT id FROM import_items WHERE account_id = :account_id AND kind = 'session')"

IS_MEASURED = "seconds IS NOT NULL AND coalesce(stopped_at, created_at) <= :as_of"

# Of flows.
IS_MADE_BY_AI = "origin IN ('ai_generated', 'ai_enhanced')"

# How many usable flows each category of an account has, by its name in lower case.
FLOW_COUNTS = """
    SELECT lower(c.name) AS domain, count(*) AS flow_count
    FROM trees t
    JOIN tree_categories c ON c.account_id = t.account_id AND c.id = t.category_id
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL
    GROUP BY lower(c.name)
"""


def statement(sql: str) -> TextClause:
    """A report's SQL without its indentation: psycopg caches parsed queries of up to 4,096 characters only."""
    return text(" ".join(sql.split()))


def seconds(interval: str) -> str:
    """An interval expression in seconds, to the microsecond."""
    return f"date_part('epoch', {interval})"
