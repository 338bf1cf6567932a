"""Pushes and time entries of a window in SQL: from rows alone, or from those in the gaps and from clean days."""

from flowpilot.analytics.sql import LOGGED_IN_WINDOW, POSTED_IN_WINDOW
from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, summed

# One row of numbers each.
PUSHES = f"""
    SELECT count(*) AS pushes,
           count(*) FILTER (WHERE status = 'success') AS pushed,
           count(*) FILTER (WHERE status = 'success' AND retry_count > 0) AS pushed_by_retry
    FROM psa_post_logs
    WHERE {POSTED_IN_WINDOW} AND ai_session_id IS NOT NULL
"""
PUSHES_OF_DAYS = f"""
    SELECT sum(pushes)::bigint AS pushes, sum(pushed)::bigint AS pushed,
           sum(pushed_by_retry)::bigint AS pushed_by_retry
    FROM ({PUSHES} UNION ALL SELECT pushes, pushed, pushed_by_retry FROM psa_clean) parts
"""
ELSEWHERE = f"""
    SELECT count(*) AS n_pushes_from_elsewhere FROM psa_post_logs WHERE {POSTED_IN_WINDOW} AND posting_id IS NULL
"""
ELSEWHERE_OF_DAYS = f"""
    SELECT sum(n)::bigint AS n_pushes_from_elsewhere
    FROM ({ELSEWHERE} UNION ALL SELECT elsewhere FROM psa_clean) parts (n)
"""
TIME_ENTRIES = f"""
    SELECT count(*) AS entries, coalesce(sum(hours_logged), 0)::float8 AS hours
    FROM psa_activity_logs
    WHERE {LOGGED_IN_WINDOW}
"""

# A row for each day that has any, in the window's zone, or for some of its entries: hours in ten-thousandths.
ENTRIES = f"""
    SELECT (created_at AT TIME ZONE :tz)::date AS day, count(*) AS n,
           coalesce(sum(hours_logged) * 10000, 0)::bigint AS hours
    FROM psa_activity_logs WHERE {LOGGED_IN_WINDOW} GROUP BY 1
"""
_OF_DAYS = summed("entry", "quarter", "n", "hours", select=f"{DAY_OF_QUARTER}, n, hours", days="psa_clean")
ENTRIES_OF_DAYS = f"{ENTRIES} {_OF_DAYS}"
# Their hours as reports say them: exact, and then the nearest number.
HOURS = "(coalesce(sum(hours), 0) * 0.0001)::float8"
TIME_ENTRIES_OF_DAYS = f"""
    SELECT sum(n)::bigint AS entries, {HOURS} AS hours FROM (
        SELECT count(*), coalesce(sum(hours_logged) * 10000, 0)::bigint FROM psa_activity_logs
        WHERE {LOGGED_IN_WINDOW}
        UNION ALL SELECT entries, hours FROM psa_clean
    ) parts (n, hours)
"""


def _sessions(name: str, table: str, session: str, condition: str) -> str:
    return f"SELECT count(DISTINCT {session}) AS {name} FROM {table} WHERE {condition}"


def _sessions_of_days(name: str, table: str, session: str, moment: str, condition: str, days: str) -> str:
    """How many sessions there are, each counted when it has its first in the window.

    Nothing in the window is before the gap with which it begins, so there sessions are only made distinct.
    `OFFSET 0`: few rows are in other gaps, so each asks the index of sessions, and the table is not read.
    """
    in_first_gap = f"{moment} < (SELECT until FROM psa_gaps WHERE since = :start)"
    return f"""
    SELECT sum(n)::bigint AS {name} FROM (
        SELECT count(DISTINCT {session}) FROM {table} WHERE {condition} AND {in_first_gap}
        UNION ALL
        SELECT count(*) FROM {table} one
        WHERE {session} IS NOT NULL AND {condition} AND ({in_first_gap}) IS NOT TRUE AND NOT EXISTS (
            SELECT FROM public.{table} before
            WHERE account_id = :account_id AND {session} = one.{session} AND {condition}
              AND {moment} >= :start AND ({moment}, id) < (one.{moment}, one.id)
            OFFSET 0
        )
        UNION ALL
        SELECT {days}_first + (SELECT count(*) FROM unnest({days}_before) AS before (at) WHERE at < :start)
        FROM psa_clean
    ) parts (n)
    """


PUSHED_SESSIONS = _sessions(
    "doc_pushed", "psa_post_logs", "ai_session_id", f"{POSTED_IN_WINDOW} AND status = 'success'"
)
PUSHED_SESSIONS_OF_DAYS = _sessions_of_days(
    "doc_pushed", "psa_post_logs", "ai_session_id", "posted_at", "status = 'success'", "pushed"
)
LOGGED_SESSIONS = _sessions("time_entry_logged", "psa_activity_logs", "session_id", LOGGED_IN_WINDOW)
LOGGED_SESSIONS_OF_DAYS = _sessions_of_days(
    *("time_entry_logged", "psa_activity_logs", "session_id", "created_at"),
    *("activity_type = 'time_entry_posted'", "logged"),
)
