"""MTTR in the account's working hours, where it has any. The contract's MTTR stays on the clock."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flowpilot.analytics.dashboard.kpis import SECONDS_PER_MINUTE
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, GAPS, calendar, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.sessions.days.sums import WORKED_SECONDS
from flowpilot.working_hours import HoursHistory

_ENDS = f"""
    SELECT day, count(*) AS n, sum(seconds) AS seconds, sum(power(seconds, 2)) AS squares,
           sum(power(seconds, 3)) AS cubes
    FROM (
        SELECT (resolved_at AT TIME ZONE :tz)::date AS day, {WORKED_SECONDS} AS seconds FROM ai_sessions
        WHERE {CREATED_IN_WINDOW} AND status = 'resolved' AND resolved_at IS NOT NULL
    ) timed
    GROUP BY day
"""
_ROWS_SQL = statement(_ENDS)
_SUMS = ("n", "worked", "worked_squares", "worked_cubes")
_OF_DAYS = summed("end", "quarter", *_SUMS, select=f"{DAY_OF_QUARTER}, {', '.join(_SUMS)}")
_DAYS_SQL = statement(f"""
WITH {GAPS}, {calendar("clean", "end_quarter")}, ends AS (
    {_ENDS}
    {_OF_DAYS}
)
SELECT day, sum(n)::bigint AS n, sum(seconds) AS seconds, sum(squares) AS squares, sum(cubes) AS cubes
FROM ends GROUP BY day
""")

# The sums of the working times of the sessions that were resolved on each day.
WorkedDays = Mapping[date, Any]


async def worked_days(db: ReadDb, history: HoursHistory, window: Window) -> WorkedDays:
    """The sums by day, in a statement; none, without one, if the account worked around the clock."""
    if not history.has_hours(window.start, window.as_of):
        return {}
    return {row.day: row for row in await read(db, _DAYS_SQL, _ROWS_SQL, window)}


_UNKNOWN = dict.fromkeys(("mttr_working_minutes", "mttr_working_minutes_ci95", "mttr_working_minutes_no_interval"))


def working_mttr(days: Iterable[Any]) -> dict[str, Any]:
    """The fields of the sessions of these days together; null without any."""
    sums = list(days)
    if not sums:
        return dict(_UNKNOWN)
    n, total, squares, cubes = (
        sum(getattr(day, name) for day in sums) for name in ("n", "seconds", "squares", "cubes")
    )
    found = mean(n, total, squares, cubes, unit=SECONDS_PER_MINUTE)
    return {
        "mttr_working_minutes": rounded(found.value, 1),
        "mttr_working_minutes_ci95": rounded_bounds(found.ci95, 1),
        "mttr_working_minutes_no_interval": found.no_interval,
    }
