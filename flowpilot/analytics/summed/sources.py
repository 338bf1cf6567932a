"""Where a report reads from: whole days without news from their sums, all else from the rows.

A statement begins with parts (`WITH`): `clean` has the summed days that lie wholly in the window and have no news,
`gaps` the stretches between them, and `ai_sessions` only the sessions of those; `psa_…` are the same of what
reached the ticket system. PostgreSQL takes the name of a part before that of a table, so what follows counts the
gaps as it would count the table, and adds what `clean` has. All of it is one statement, so it sees days, news and
rows at the same moment.
"""

from typing import Any

from sqlalchemy import Result, TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.db.session import ReadDb

# Before, the clocks of a few places went back at a minute past midnight, in the middle of a quarter of an hour.
_FIRST_DAY = "2012-01-01"
# In quarters of an hour: no clock has gone back by more since then.
_MOST_BACK = 12


def gaps(
    days: str, news: str, prefix: str = "", condition: str = "true", start: str = "CAST(:start AS timestamptz)"
) -> str:
    """Two parts: the clean days of a table for which this holds, and the stretches between them."""
    return f"""
{prefix}clean AS MATERIALIZED (
    SELECT * FROM {days} d
    WHERE d.account_id = :account_id AND {condition}
      AND d.day >= greatest('{_FIRST_DAY}',
                            ({start} AT TIME ZONE 'UTC' + interval '86399.999999 s')::date)
      AND d.day < (CAST(:end AS timestamptz) AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM {news} n WHERE n.account_id = :account_id AND n.day = d.day)
),
{prefix}gaps AS MATERIALIZED (
    SELECT since, until FROM (
        SELECT lag(ends, 1, {start}) OVER (ORDER BY begins) AS since, begins AS until FROM (
            SELECT day::timestamp AT TIME ZONE 'UTC' AS begins, (day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
            FROM {prefix}clean
            UNION ALL SELECT CAST(:end AS timestamptz), NULL
        ) bounds
    ) stretches WHERE since < until
)"""


def in_gaps(table: str, moment: str, prefix: str = "", condition: str = "true") -> str:
    """A part of a table's name, which has only its rows in the gaps."""
    return f"""
{table} AS NOT MATERIALIZED (
    SELECT s.* FROM {prefix}gaps gaps CROSS JOIN LATERAL (
        SELECT * FROM public.{table}
        WHERE account_id = :account_id AND {condition} AND {moment} >= gaps.since AND {moment} < gaps.until
        OFFSET 0
    ) s
)"""


SESSIONS = in_gaps("ai_sessions", "created_at")
GAPS = f"{gaps('session_days', 'session_news')}, {SESSIONS}"
# A server of the release before sums up a day without its answers: such a day is read from its rows.
_HAS_ANSWERS = "cardinality(cell_answers) = cardinality(cell_n)"
GAPS_WITH_ANSWERS = f"{gaps('session_days', 'session_news', condition=_HAS_ANSWERS)}, {SESSIONS}"

# The same of pushes and time entries: `psa_clean`, `psa_gaps`, and the rows of these.
PSA_GAPS = ", ".join(
    (
        gaps("psa_days", "psa_news", "psa_"),
        in_gaps("psa_post_logs", "posted_at", "psa_"),
        in_gaps("psa_activity_logs", "created_at", "psa_", "activity_type = 'time_entry_posted'"),
    )
)


def _day_of(quarter: str) -> str:
    return f"(to_timestamp(({quarter}) * 900::float8) AT TIME ZONE :tz)::date"


def calendar(days: str, quarters: str) -> str:
    """A part that says with which quarter of an hour each day in the window's zone begins: for `DAY_OF_QUARTER`.

    It has the days of all quarters in the lists of that name, which are in order. Each day is looked up in the
    zone once, because there are many more quarters. Where a clock goes back to midnight, the day has begun before.
    """
    begun_before = (
        f"SELECT count(*)::int FROM generate_series(1, {_MOST_BACK}) AS k WHERE {_day_of('midnight - k')} >= day"
    )
    return f"""
calendar AS MATERIALIZED (
    SELECT first, array_agg(
               midnight - CASE WHEN {_day_of("midnight - 1")} < day THEN 0 ELSE ({begun_before}) END ORDER BY day
           ) AS begins
    FROM (
        SELECT first, day::date AS day, floor(date_part('epoch', day AT TIME ZONE :tz) / 900)::int AS midnight
        FROM (
            SELECT {_day_of(f"min({quarters}[1])")} AS first,
                   {_day_of(f"max({quarters}[cardinality({quarters})])")} AS last
            FROM {days}
        ) ends, generate_series(first::timestamp, last::timestamp, '1 day') AS day
    ) midnights
    GROUP BY first
)"""


# The calendar day of a quarter of an hour: no zone changes its day within one, nor goes back to the day before.
DAY_OF_QUARTER = "(SELECT first FROM calendar) + width_bucket(quarter, (SELECT begins FROM calendar)) - 1"


def summed(part: str, *names: str, select: str = "", days: str = "clean", of_day: bool = False) -> str:
    """Another part of a UNION: a row for each group of each clean day, with these columns of its `part`.

    `sessions/days/sums` says which there are. `select` makes something else of them, by their names; with `of_day`
    they begin with the day. The lists of a day have the same length, so they are gone through side by side, which
    is faster than an `unnest` of all.
    """
    columns = ["day AS of_day"] * of_day + [f"unnest({part}_{name}) AS {name}" for name in names]
    rows = f"SELECT {', '.join(columns)} FROM {days}"
    return f"UNION ALL SELECT {select} FROM ({rows}) part" if select else f"UNION ALL {rows}"


async def read(db: ReadDb, days: TextClause, rows: TextClause, window: Window, **more: Any) -> Result[Any]:
    """What a window's statement finds: over days, or over rows alone if it is narrowed to some of them.

    `more` is what only the one over days asks for.
    """
    if window.only.asked:
        return await db.execute(narrowed(rows, window.only), window.parameters)
    return await planned_once(db, days, {**window.parameters, **more})
