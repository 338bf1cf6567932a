"""The sums that the dashboard is made of, in one statement: days that this process knows are not read again."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, TextClause

from flowpilot.analytics.dashboard.glances import FLOWS, PROPOSALS
from flowpilot.analytics.dashboard.kpis import KIND_COLUMNS, SUMS, TOTALS
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, FLOW_COUNTS, statement
from flowpilot.analytics.summed.psa import PUSHES, PUSHES_OF_DAYS, TIME_ENTRIES, TIME_ENTRIES_OF_DAYS
from flowpilot.analytics.summed.remembered import UNKNOWN, Known, recall, remember, said
from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, GAPS, PSA_GAPS, calendar, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS

# The window's sessions are read once, into groups by day and kind; every figure is then a sum over groups.
# Counts are cast because PostgreSQL sums bigint as numeric, which is slow.
_FACTS = f"""
facts AS MATERIALIZED (
    SELECT status, confidence_tier AS tier, problem_domain AS domain,
           CASE WHEN status = 'resolved' THEN (resolved_at AT TIME ZONE :tz)::date END AS day,
           count(psa_ticket_id)::int AS tickets, {SUMS}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2, 3, 4
)
"""

TIERS = ("guided", "exploring", "discovery")
_RESOLVED = "status = 'resolved'"
# By the way they were led: those resolved, and with them those handed over.
_OF_TIERS = {
    f"{name}_{tier}": f"sum(n) FILTER (WHERE tier = '{tier}' AND ({condition}))"
    for tier in TIERS
    for name, condition in (("resolved", _RESOLVED), ("ended", f"{_RESOLVED} OR {ESCALATED}"))
}
# Those in seconds come in microseconds, so that days can be added up without rounding.
_TOTALS = {
    **TOTALS,
    **_OF_TIERS,
    "tickets": "sum(tickets)",
    "timed": "sum(timed)",
    "timed_seconds": "sum(duration)",
    "resolved_seconds": f"sum(duration) FILTER (WHERE {_RESOLVED})",
}
_IN_SECONDS = ("timed_seconds", "resolved_seconds")
_MICROSECONDS = 1_000_000
# What there is of each day of the trend.
_TIMES = ("n", "duration", "squares", "cubes")


def _microseconds(interval: str) -> str:
    return f"(extract(epoch FROM {interval}) * {_MICROSECONDS})::bigint"


def _numbers() -> str:
    found = {name: _microseconds(sql) if name in _IN_SECONDS else sql for name, sql in _TOTALS.items()}
    return ", ".join(f"coalesce({sql}, 0)" for sql in found.values())


def _sql(
    before: str = "",
    kinds: str = "",
    cells: str = "",
    ends: str = "",
    pushes: str = PUSHES,
    time_entries: str = TIME_ENTRIES,
    versions: str = "NULL::json",
) -> TextClause:
    """The statement over the window's sessions; or after parts that narrow these, with more groups of each.

    Groups of days say the day in `of_day`, so that the sums of each can be remembered.
    """
    return statement(f"""
WITH {before} {_FACTS},
kinds AS (
    SELECT NULL::date AS of_day, status, tier, sum(n)::int AS n, sum(steps)::bigint AS steps,
           sum(step_squares) AS step_squares, sum(step_cubes) AS step_cubes, sum(rated)::int AS rated,
           sum(rating)::int AS rating, sum(rating_squares)::int AS rating_squares,
           sum(rating_cubes)::int AS rating_cubes, sum(tickets)::int AS tickets, sum(timed)::int AS timed,
           sum(duration) AS duration, sum(duration_squares) AS duration_squares,
           sum(duration_cubes) AS duration_cubes
    FROM facts
    GROUP BY status, tier
    {kinds}
),
cells AS (
    SELECT domain, n, CASE WHEN status = 'resolved' THEN n ELSE 0 END AS resolved,
           CASE WHEN {ESCALATED} THEN n ELSE 0 END AS escalated,
           CASE WHEN tier = 'guided' THEN n ELSE 0 END AS guided
    FROM facts
    {cells}
),
ends AS (
    SELECT NULL::date AS of_day, day, timed AS n, duration, duration_squares AS squares, duration_cubes AS cubes
    FROM facts WHERE day IS NOT NULL
    {ends}
),
totals AS (SELECT of_day, json_build_array({_numbers()}) AS numbers FROM kinds GROUP BY of_day),
trend AS (
    SELECT of_day, day,
           json_build_array(sum(n), {_microseconds("sum(duration)")}, sum(squares), sum(cubes)) AS numbers
    FROM ends GROUP BY of_day, day
),
flow_counts AS ({FLOW_COUNTS}),
domains AS (
    SELECT f.*, coalesce(c.flow_count, 0) AS flow_count
    FROM (
        SELECT domain, sum(n) AS total, sum(resolved) AS resolved, sum(escalated) AS escalated,
               sum(guided) AS guided
        FROM cells WHERE domain IS NOT NULL GROUP BY domain
    ) f
    LEFT JOIN flow_counts c ON c.domain = lower(f.domain)
),
flows AS ({FLOWS}),
proposals AS ({PROPOSALS}),
pushes AS ({pushes}),
time_entries AS ({time_entries})
SELECT *, {HOURS},
       (SELECT json_agg(json_build_array(of_day, numbers)) FROM totals) AS totals,
       (SELECT json_agg(json_build_array(of_day, day, numbers)) FROM trend) AS trend,
       (SELECT jsonb_agg(domains ORDER BY total DESC, domain COLLATE "C") FROM domains) AS domains,
       {versions} AS versions
FROM flows, proposals, pushes, time_entries
""")


_ROWS_SQL = _sql()
_DAYS_SQL = _sql(
    f"{GAPS}, {PSA_GAPS}, {UNKNOWN}, {calendar('unknown', 'end_quarter')},",
    summed("kind", *KIND_COLUMNS, days="unknown", of_day=True),
    summed("cell", "domain", "n", "resolved", "escalated", "guided"),
    summed(
        *("end", "quarter", *_TIMES),
        select=f"of_day, {DAY_OF_QUARTER}, {', '.join(_TIMES)}",
        days="unknown",
        of_day=True,
    ),
    PUSHES_OF_DAYS,
    TIME_ENTRIES_OF_DAYS,
    "(SELECT json_agg(json_build_array(day, version) ORDER BY day) FROM clean)",
)


class _Sums(NamedTuple):
    """The numbers of `_TOTALS`, and by each day of the trend those of `_TIMES`."""

    totals: Sequence[float]
    trend: Mapping[str, Sequence[float]]


async def sums(db: ReadDb, window: Window) -> dict[str, Any]:
    """What the statement answers, with the totals by their names, and the trend in the order of its days."""
    known: Known[_Sums] = recall("dashboard", window)
    row = (await read(db, _DAYS_SQL, _ROWS_SQL, window, **said(known, window))).mappings().one()
    new = _by_day(row)
    rest = new.pop(None, None)
    days: Known[_Sums] = {
        day: known[day] if day in known and known[day][0] == version else (version, new.get(day, _NOTHING))
        for day, version in row["versions"] or []
    }
    if any(known.get(day) is not one for day, one in days.items()):
        remember("dashboard", window, known, days, _n_bytes)
    parts = [one for _, one in days.values()]
    return {**row, **_together(parts if rest is None else [rest, *parts])}


_NOTHING = _Sums([0] * len(_TOTALS), {})
# What lists of numbers take with all around them: of a day, and of each day of the trend that it has.
_BYTES_OF_DAY, _BYTES_OF_TREND = 2_000, 400


def _n_bytes(day: _Sums) -> int:
    return _BYTES_OF_DAY + _BYTES_OF_TREND * len(day.trend)


def _by_day(row: RowMapping) -> dict[str | None, _Sums]:
    found: dict[str | None, _Sums] = {day: _Sums(numbers, {}) for day, numbers in row["totals"] or []}
    trends: dict[str | None, dict[str, Sequence[float]]] = {day: {} for day in found}
    for of_day, day, numbers in row["trend"] or []:
        trends[of_day][day] = numbers
    return {day: one._replace(trend=trends[day]) for day, one in found.items()}


def _together(parts: Sequence[_Sums]) -> dict[str, Any]:
    columns = zip(*(part.totals for part in [_NOTHING, *parts]), strict=True)
    totals: dict[str, Any] = dict(zip(_TOTALS, map(sum, columns), strict=True))
    days: dict[str, list[Sequence[float]]] = {}
    for part in parts:
        for day, numbers in part.trend.items():
            days.setdefault(day, []).append(numbers)
    trend = [
        {"day": day, "n": n, "seconds": duration / _MICROSECONDS, "squares": squares, "cubes": cubes}
        for day, (n, duration, squares, cubes) in (
            (day, map(sum, zip(*days[day], strict=True))) for day in sorted(days)
        )
    ]
    return {**totals, **{name: totals[name] / _MICROSECONDS for name in _IN_SECONDS}, "trend": trend}
