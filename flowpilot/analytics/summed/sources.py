"""Where a report reads from: whole days without news from their sums, all else from the rows.

A statement begins with parts (`WITH`): `clean` has the summed days that lie wholly in the window and have no news,
`gaps` the stretches between them, and `ai_sessions` only the sessions of those; `psa_…` are the same of what
reached the ticket system. PostgreSQL takes the name of a part before that of a table, so what follows counts the
gaps as it would count the table, and adds what `clean` has. All of it is one statement, so it sees days, news and
rows at the same moment.
"""

from sqlalchemy import TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window

# Before, the clocks of a few places went back at a minute past midnight, in the middle of a quarter of an hour.
_FIRST_DAY = "2012-01-01"


def _gaps(days: str, news: str, prefix: str = "") -> str:
    """Two parts: the clean days of a table, and the stretches between them."""
    return f"""
{prefix}clean AS MATERIALIZED (
    SELECT * FROM {days} d
    WHERE d.account_id = :account_id
      AND d.day >= greatest('{_FIRST_DAY}',
                            (CAST(:start AS timestamptz) AT TIME ZONE 'UTC' + interval '86399.999999 s')::date)
      AND d.day < (CAST(:end AS timestamptz) AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM {news} n WHERE n.account_id = :account_id AND n.day = d.day)
),
{prefix}gaps AS MATERIALIZED (
    SELECT since, until FROM (
        SELECT lag(ends, 1, CAST(:start AS timestamptz)) OVER (ORDER BY begins) AS since, begins AS until FROM (
            SELECT day::timestamp AT TIME ZONE 'UTC' AS begins, (day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
            FROM {prefix}clean
            UNION ALL SELECT CAST(:end AS timestamptz), NULL
        ) bounds
    ) stretches WHERE since < until
)"""


def _in_gaps(table: str, moment: str, prefix: str = "", condition: str = "true") -> str:
    """A part of a table's name, which has only its rows in the gaps."""
    return f"""
{table} AS NOT MATERIALIZED (
    SELECT s.* FROM {prefix}gaps gaps CROSS JOIN LATERAL (
        SELECT * FROM public.{table}
        WHERE account_id = :account_id AND {condition} AND {moment} >= gaps.since AND {moment} < gaps.until
        OFFSET 0
    ) s
)"""


GAPS = f"{_gaps('session_days', 'session_news')}, {_in_gaps('ai_sessions', 'created_at')}"

# The same of pushes and time entries: `psa_clean`, `psa_gaps`, and the rows of these.
PSA_GAPS = ", ".join(
    (
        _gaps("psa_days", "psa_news", "psa_"),
        _in_gaps("psa_post_logs", "posted_at", "psa_"),
        _in_gaps("psa_activity_logs", "created_at", "psa_", "activity_type = 'time_entry_posted'"),
    )
)

# The calendar day of a quarter of an hour: no zone changes its day within one.
DAY_OF_QUARTER = "(to_timestamp(quarter * 900::float8) AT TIME ZONE :tz)::date"


def summed(part: str, *names: str, select: str = "") -> str:
    """Another part of a UNION: a row for each group of each clean day, with these columns of its `part`.

    `sessions/days/sums` says which there are. `select` makes something else of them, by their names.
    """
    lists = ", ".join(f"{part}_{name}" for name in names)
    if not select:
        return f"UNION ALL SELECT part.* FROM clean, unnest({lists}) AS part"
    return f"UNION ALL SELECT {select} FROM clean, unnest({lists}) AS part ({', '.join(names)})"


def source(days: TextClause, rows: TextClause, window: Window) -> TextClause:
    """The statement for a window: over days, or over rows alone if it is narrowed to some of them."""
    return narrowed(rows, window.only) if window.only.asked else days
