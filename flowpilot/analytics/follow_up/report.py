"""Follow-up: what becomes of sessions by their age, so that young ones are neither left out nor misjudged."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from flowpilot.analytics.buckets import in_buckets
from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.quality import share
from flowpilot.analytics.follow_up.equal import previous
from flowpilot.analytics.follow_up.schemas import FollowUp, OpeningPeriod, ResolutionTime
from flowpilot.analytics.follow_up.working import COUNTED, WorkedTimes, worked_times
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import Survival, kaplan_meier, proportion
from flowpilot.analytics.waits import ESTIMATOR
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in

WATCHED = timedelta(days=7)
_MINUTE = 60

_LASTED = seconds("CASE WHEN is_resolved THEN resolved_at ELSE :as_of END - created_at")

# A step of the counted times is a thousandth of them or less.
_SQL = statement(f"""
WITH lasted AS MATERIALIZED (
    SELECT day, is_resolved, greatest(0, {_LASTED}) AS seconds
    FROM (
        SELECT (created_at AT TIME ZONE :tz)::date AS day, created_at, resolved_at,
               coalesce(status = 'resolved' AND resolved_at <= :as_of, false) AS is_resolved
        FROM ai_sessions
        WHERE {CREATED_IN_WINDOW} AND NOT (status = 'resolved' AND resolved_at IS NULL)
    ) known
),
counted AS (
    SELECT day, is_resolved, round(seconds / step) * step AS seconds, count(*) AS n
    FROM (
        SELECT *, {COUNTED} FROM lasted
    ) stepped
    GROUP BY 1, 2, 3
),
days AS (
    SELECT day, array_agg(seconds) FILTER (WHERE is_resolved) AS resolved,
           array_agg(n) FILTER (WHERE is_resolved) AS resolved_n,
           array_agg(seconds) FILTER (WHERE NOT is_resolved) AS lasting,
           array_agg(n) FILTER (WHERE NOT is_resolved) AS lasting_n
    FROM counted GROUP BY day
),
totals AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE status = 'resolved' AND resolved_at IS NULL) AS n_unknown
    FROM ai_sessions WHERE {CREATED_IN_WINDOW}
),
escalated AS (
    SELECT count(*) AS escalated FROM ai_sessions s
    WHERE {CREATED_IN_WINDOW} AND EXISTS (
        SELECT FROM session_handoffs h
        WHERE h.account_id = :account_id AND h.session_id = s.id AND h.created_at <= :as_of
    )
)
SELECT totals.*, escalated, days.*, {HOURS} FROM totals, escalated LEFT JOIN days ON true ORDER BY day
""")


class _Day(NamedTuple):
    """One day's sessions: how long each took, or has lasted."""

    day: date
    resolved: Sequence[float]
    lasting: Sequence[float]


class _Estimates(NamedTuple):
    """The curves of the whole window and of each period of opening."""

    whole: Survival
    by_opening: Sequence[Survival]


async def follow_up(db: ReadDb, window: Window, *, compare: bool = False) -> FollowUp:
    """The report, in one statement; in a second, its working times; in two more, what has changed."""
    rows = (await db.execute(narrowed(_SQL, window.only), window.parameters)).all()
    first = rows[0]
    days = [
        _Day(row.day, _each(row.resolved, row.resolved_n), _each(row.lasting, row.lasting_n))
        for row in rows
        if row.day is not None
    ]
    # A large desk has some hundred thousand times, and other requests should not wait for their curves.
    bucket, periods = in_buckets((day.day, day) for day in days)
    grouped = [period for _, _, period in periods]
    found = await asyncio.to_thread(_estimates, days, grouped)
    times = await worked_times(db, history_in(first.account_hours), window)
    working = None if times is None else await asyncio.to_thread(_working_estimates, days, grouped, times)
    return FollowUp(
        **header(window, "follow-up"),
        total_sessions=first.total,
        ever_escalated=share(proportion(first.escalated, first.total)),
        n_ever_escalated=first.escalated,
        time_to_resolution=_resolution_time(found.whole, first.n_unknown),
        working_time_to_resolution=None if working is None else _resolution_time(working.whole, first.n_unknown),
        opening_bucket=bucket,
        by_opening=[
            _opening_period(first_day, last_day, survival, worked, window)
            for (first_day, last_day, _), survival, worked in zip(
                periods,
                found.by_opening,
                [None] * len(periods) if working is None else working.by_opening,
                strict=True,
            )
        ],
        previous=await previous(db, window) if compare else None,
    )


def _each(times: Iterable[float] | None, counts: Iterable[int] | None) -> Sequence[float]:
    repeated: list[float] = np.repeat(list(times or []), list(counts or [])).tolist()
    return repeated


def _estimates(days: Sequence[_Day], periods: Iterable[Sequence[_Day]]) -> _Estimates:
    return _Estimates(_estimate(days), [_estimate(period) for period in periods])


def _working_estimates(days: Sequence[_Day], periods: Iterable[Sequence[_Day]], times: WorkedTimes) -> _Estimates:
    """The same in working time."""
    lasting = iter(times.lasting([wait for day in days for wait in day.lasting]))
    worked = {day.day: _worked_day(day, times, lasting) for day in days}
    return _estimates(list(worked.values()), [[worked[day.day] for day in period] for period in periods])


def _worked_day(day: _Day, times: WorkedTimes, lasting: Iterator[float]) -> _Day:
    row = times.resolved.get(day.day)
    resolved = [] if row is None else _each(row.resolved, row.resolved_n)
    return _Day(day.day, resolved, list(islice(lasting, len(day.lasting))))


def _estimate(days: Sequence[_Day]) -> Survival:
    return kaplan_meier(
        [wait for day in days for wait in day.resolved], [wait for day in days for wait in day.lasting]
    )


def _resolution_time(found: Survival, n_unknown: int) -> ResolutionTime:
    return ResolutionTime(
        unit="minutes",
        n=found.n,
        n_censored=found.n_censored,
        n_unknown=n_unknown,
        median=_minutes(found.median),
        median_ci95=_bounds(found),
        p90=_minutes(found.p90),
        p95=_minutes(found.p95),
        estimator=ESTIMATOR,
    )


def _opening_period(
    first_day: date, last_day: date, found: Survival, worked: Survival | None, window: Window
) -> OpeningPeriod:
    return OpeningPeriod(
        date=first_day,
        last_day=last_day,
        n=found.n,
        n_censored=found.n_censored,
        median_minutes=_minutes(found.median),
        median_minutes_ci95=_bounds(found),
        median_working_minutes=None if worked is None else _minutes(worked.median),
        median_working_minutes_ci95=None if worked is None else _bounds(worked),
        is_young=window.today - last_day <= WATCHED,
    )


def _minutes(value: float | None) -> float | None:
    return rounded(None if value is None else value / _MINUTE, 1)


def _bounds(found: Survival) -> Any:
    if found.median_ci95 is None:
        return None
    low, high = found.median_ci95
    return rounded_bounds((None if low is None else low / _MINUTE, None if high is None else high / _MINUTE), 1)
