"""Where a report over sessions reads from: whole days without news from their sums, all else from the rows.

A statement begins with parts (`WITH`): `clean` has the summed days that lie wholly in the window and have no news,
`gaps` the stretches between them, and `ai_sessions` only the sessions of those. PostgreSQL takes the name of a
part before that of a table, so what follows counts the gaps as it would count the table, and adds what `clean`
has. All of it is one statement, so it sees days, news and rows at the same moment.
"""

from sqlalchemy import TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window

# Before, the clocks of a few places went back at a minute past midnight, in the middle of a quarter of an hour.
_FIRST_DAY = "2012-01-01"

GAPS = f"""
clean AS MATERIALIZED (
    SELECT * FROM session_days d
    WHERE d.account_id = :account_id
      AND d.day >= greatest('{_FIRST_DAY}',
                            (CAST(:start AS timestamptz) AT TIME ZONE 'UTC' + interval '86399.999999 s')::date)
      AND d.day < (CAST(:end AS timestamptz) AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM session_news n WHERE n.account_id = :account_id AND n.day = d.day)
),
gaps AS MATERIALIZED (
    SELECT since, until FROM (
        SELECT lag(ends, 1, CAST(:start AS timestamptz)) OVER (ORDER BY begins) AS since, begins AS until FROM (
            SELECT day::timestamp AT TIME ZONE 'UTC' AS begins, (day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
            FROM clean
            UNION ALL SELECT CAST(:end AS timestamptz), NULL
        ) bounds
    ) stretches WHERE since < until
),
ai_sessions AS NOT MATERIALIZED (
    SELECT s.* FROM gaps CROSS JOIN LATERAL (
        SELECT * FROM public.ai_sessions
        WHERE account_id = :account_id AND created_at >= gaps.since AND created_at < gaps.until
        OFFSET 0
    ) s
)
"""

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
