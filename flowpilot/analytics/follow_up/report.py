"""Follow-up: what becomes of sessions by their age, so that young ones are neither left out nor misjudged."""

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple

from flowpilot.analytics.escalations.quality import share
from flowpilot.analytics.estimates.comparison import window_before
from flowpilot.analytics.follow_up import records
from flowpilot.analytics.follow_up.equal import at_age_of_rows, compared, follow_up_of
from flowpilot.analytics.follow_up.records import read_opened_records
from flowpilot.analytics.follow_up.rows import read_opened
from flowpilot.analytics.follow_up.schemas import EqualFollowUp, FollowUp, OpeningPeriod, ResolutionTime
from flowpilot.analytics.follow_up.times import Estimates, Opened, Period, estimates
from flowpilot.analytics.period import Window
from flowpilot.analytics.records.reading import is_read_from_records
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import header
from flowpilot.analytics.statistics import Bounds, Survival, proportion
from flowpilot.analytics.summed.large import in_thread
from flowpilot.analytics.waits import ESTIMATOR
from flowpilot.db.session import ReadDb

WATCHED = timedelta(days=7)
_MINUTE = 60


class _Read(NamedTuple):
    """What the report is made of; the last one if it is compared."""

    estimates: Estimates
    opened: Opened
    previous: EqualFollowUp | None


async def follow_up(db: ReadDb, window: Window, *, compare: bool = False) -> FollowUp:
    """The report, in one statement; over rows if it is narrowed."""
    found = await _of_records(db, window, compare=compare) if is_read_from_records(window) else None
    found = found or await _of_rows(db, window, compare=compare)
    opened, curves = found.opened, found.estimates
    worked = curves.worked
    return FollowUp(
        **header(window, "follow-up"),
        total_sessions=opened.n,
        ever_escalated=share(proportion(opened.n_escalated, opened.n)),
        n_ever_escalated=opened.n_escalated,
        time_to_resolution=_resolution_time(curves.clock, opened.n_unknown),
        working_time_to_resolution=None if worked is None else _resolution_time(worked, opened.n_unknown),
        opening_bucket=curves.bucket,
        by_opening=[_opening_period(one, window) for one in curves.periods],
        previous=found.previous,
    )


async def _of_records(db: ReadDb, window: Window, *, compare: bool) -> _Read | None:
    """None for sessions of a time in which zones were not as they are now."""
    watched = follow_up_of(window)
    since = window_before(window).start if compare else window.start
    read = await read_opened_records(db, window, since=since, old=window.as_of - watched)

    def made() -> _Read | None:
        days = read.days()
        if days is None:
            return None
        opened = records.opened(read, days)
        previous = None
        if compare:
            age = watched // timedelta(microseconds=1)
            new, old = (records.at_age(read, days, age, before=before) for before in (False, True))
            previous = compared(window, new, old)
        return _Read(estimates(opened, window), opened, previous)

    return await in_thread(read.is_large, made)


async def _of_rows(db: ReadDb, window: Window, *, compare: bool) -> _Read:
    opened = await read_opened(db, window)
    # A large desk has some hundred thousand times, and other requests should not wait for their curves.
    found = await asyncio.to_thread(estimates, opened, window)
    previous = None
    if compare:
        new, old = [await at_age_of_rows(db, one, window) for one in (window, window_before(window))]
        previous = await asyncio.to_thread(compared, window, new, old)
    return _Read(found, opened, previous)


def _resolution_time(found: Survival, n_unknown: int) -> ResolutionTime:
    return ResolutionTime(
        unit="minutes",
        n=found.n,
        n_censored=found.n_censored,
        n_unknown=n_unknown,
        median=_minutes(found.median),
        median_ci95=_bounds(found.median_ci95),
        p90=_minutes(found.p90),
        p95=_minutes(found.p95),
        estimator=ESTIMATOR,
    )


def _opening_period(period: Period, window: Window) -> OpeningPeriod:
    clock, worked = period.clock, period.worked
    return OpeningPeriod(
        date=period.first_day,
        last_day=period.last_day,
        n=clock.n,
        n_censored=clock.n_censored,
        median_minutes=_minutes(clock.median),
        median_minutes_ci95=_bounds(clock.median_ci95),
        median_working_minutes=None if worked is None else _minutes(worked.median),
        median_working_minutes_ci95=None if worked is None else _bounds(worked.median_ci95),
        is_young=window.today - period.last_day <= WATCHED,
    )


def _minutes(value: float | None) -> float | None:
    return rounded(None if value is None else value / _MINUTE, 1)


def _bounds(found: Bounds | None) -> Any:
    if found is None:
        return None
    low, high = found
    return rounded_bounds((None if low is None else low / _MINUTE, None if high is None else high / _MINUTE), 1)
