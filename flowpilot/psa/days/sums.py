"""What is summed up of a day's pushes and time entries: the one place that says so.

Each statement has a row for each day of `days`, whatever it has. `sessions/days/rolling` makes and keeps them.
"""

COLUMNS = (
    "pushes",
    "pushed",
    "pushed_by_retry",
    "elsewhere",
    "pushed_first",
    "pushed_before",
    "entries",
    "hours",
    "entry_quarter",
    "entry_n",
    "entry_hours",
    "logged_first",
    "logged_before",
)

# Pushes that a report counts as arrived, and what is a time entry.
IS_PUSHED = "status = 'success'"
IS_LOGGED = "activity_type = 'time_entry_posted'"


def _of_days(table: str, read: str, moment: str, condition: str) -> str:
    return f"""
    SELECT days.day, s.* FROM days CROSS JOIN LATERAL (
        SELECT {read} FROM {table}
        WHERE account_id = %(account_id)s AND {condition}
          AND {moment} >= days.day::timestamp AT TIME ZONE 'UTC'
          AND {moment} < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
        OFFSET 0
    ) s"""  # noqa: S608 - all are our own constants


def _sessions(rows: str, table: str, session: str, moment: str, condition: str) -> str:
    """Of each day: how many sessions had none before, and when the others had their last."""
    return f"""
    SELECT day, count(*) FILTER (WHERE before IS NULL)::int AS first,
           coalesce(array_agg(before ORDER BY before) FILTER (WHERE before IS NOT NULL), '{{}}') AS before
    FROM (SELECT DISTINCT day, {session} AS session FROM {rows} WHERE {session} IS NOT NULL AND {condition}) theirs
    CROSS JOIN LATERAL (
        SELECT max({moment}) AS before FROM {table}
        WHERE account_id = %(account_id)s AND {session} = theirs.session AND {condition}
          AND {moment} < theirs.day::timestamp AT TIME ZONE 'UTC'
    ) last
    GROUP BY day"""  # noqa: S608 - all are our own constants


# Of the days given, the sums as they are now.
FRESH = f"""
WITH days AS (SELECT unnest(%(days)s::date[]) AS day),
posts AS MATERIALIZED ({
    _of_days("psa_post_logs", "ai_session_id, posting_id, status, retry_count", "posted_at", "true")
}),
entries AS MATERIALIZED ({
    _of_days("psa_activity_logs", "session_id, activity_type, hours_logged, created_at", "created_at", IS_LOGGED)
}),
counts AS (
    SELECT day, count(ai_session_id)::int AS pushes,
           (count(ai_session_id) FILTER (WHERE {IS_PUSHED}))::int AS pushed,
           (count(ai_session_id) FILTER (WHERE {IS_PUSHED} AND retry_count > 0))::int AS pushed_by_retry,
           (count(*) FILTER (WHERE posting_id IS NULL))::int AS elsewhere
    FROM posts GROUP BY day
),
pushed AS ({_sessions("posts", "psa_post_logs", "ai_session_id", "posted_at", IS_PUSHED)}),
quarters AS (
    SELECT day, floor(date_part('epoch', created_at) / 900)::int AS quarter, count(*)::int AS n,
           coalesce(sum(hours_logged) * 10000, 0)::bigint AS hours
    FROM entries GROUP BY 1, 2
),
entry_lists AS (
    SELECT day, sum(n)::int AS entries, sum(hours)::bigint AS hours,
           array_agg(quarter ORDER BY quarter) AS entry_quarter, array_agg(n ORDER BY quarter) AS entry_n,
           array_agg(hours ORDER BY quarter) AS entry_hours
    FROM quarters GROUP BY day
),
logged AS ({_sessions("entries", "psa_activity_logs", "session_id", "created_at", IS_LOGGED)})
SELECT %(account_id)s::uuid AS account_id, days.day,
       coalesce(pushes, 0) AS pushes, coalesce(counts.pushed, 0) AS pushed,
       coalesce(pushed_by_retry, 0) AS pushed_by_retry, coalesce(elsewhere, 0) AS elsewhere,
       coalesce(pushed.first, 0) AS pushed_first, coalesce(pushed.before, '{{}}') AS pushed_before,
       coalesce(entry_lists.entries, 0) AS entries, coalesce(hours, 0) AS hours,
       coalesce(entry_quarter, '{{}}') AS entry_quarter, coalesce(entry_n, '{{}}') AS entry_n,
       coalesce(entry_hours, '{{}}') AS entry_hours,
       coalesce(logged.first, 0) AS logged_first, coalesce(logged.before, '{{}}') AS logged_before
FROM days LEFT JOIN counts USING (day) LEFT JOIN pushed USING (day) LEFT JOIN entry_lists USING (day)
LEFT JOIN logged USING (day)
"""  # noqa: S608 - all are our own constants

# Every day that has pushes or time entries.
DAYS = f"""
SELECT (posted_at AT TIME ZONE 'UTC')::date AS day FROM psa_post_logs
WHERE account_id = %(account_id)s AND posted_at IS NOT NULL
UNION SELECT (created_at AT TIME ZONE 'UTC')::date FROM psa_activity_logs
WHERE account_id = %(account_id)s AND {IS_LOGGED}
"""  # noqa: S608 - all are our own constants
