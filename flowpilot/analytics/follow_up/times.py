"""How long sessions took by the day of their opening: what curves are estimated of, whatever was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from flowpilot.analytics.buckets import Bucket, in_buckets
from flowpilot.analytics.estimates.grouped import Grouped, Median, joined, whole_and_medians
from flowpilot.analytics.estimates.working import WorkingClock
from flowpilot.analytics.period import Window
from flowpilot.analytics.statistics import Survival
from flowpilot.working_hours import HoursHistory


@dataclass(frozen=True, slots=True)
class Opened:
    """The sessions of a window: how many there are, and their times, whose groups are the `days` of opening.

    `lasting` are those that are not resolved, on the clock. `worked` are the working times of the resolved ones;
    None if the account worked around the clock.
    """

    n: int
    n_unknown: int
    n_escalated: int
    days: Sequence[date]
    resolved: Grouped
    lasting: Grouped
    worked: Grouped | None
    history: HoursHistory


class Period(NamedTuple):
    """The sessions that were opened in a bucket of days, with their times on the clock and worked."""

    first_day: date
    last_day: date
    clock: Median
    worked: Median | None


class Estimates(NamedTuple):
    """The curves of all sessions, and what is said of each period of opening."""

    clock: Survival
    worked: Survival | None
    bucket: Bucket
    periods: Sequence[Period]


def estimates(opened: Opened, window: Window) -> Estimates:
    """Estimate what the report answers of these times."""
    bucket, periods = in_buckets((day, number) for number, day in enumerate(opened.days))
    numbers = np.zeros(len(opened.days), dtype=np.int64)
    for number, (_, _, days) in enumerate(periods):
        numbers[days] = number

    def estimate(*parts: Grouped) -> tuple[Survival, list[Median]]:
        waits = joined(parts)
        waits = waits._replace(groups=numbers[waits.groups])
        whole, of_periods = whole_and_medians(waits, len(periods))
        return Survival(whole), of_periods

    clock, by_clock = estimate(opened.resolved, opened.lasting)
    worked, by_work = None, list[Median]()
    if opened.worked is not None:
        worked, by_work = estimate(opened.worked, _in_working_time(opened, window))
    found = zip_longest(periods, by_clock, by_work)
    return Estimates(
        clock, worked, bucket, [Period(first, last, *of_both) for (first, last, _), *of_both in found]
    )


def _in_working_time(opened: Opened, window: Window) -> Grouped:
    """The times of those that are not resolved."""
    end = window.as_of.timestamp()
    since = end - opened.lasting.times
    clock = WorkingClock(opened.history, since, window.as_of)
    return opened.lasting._replace(times=clock.seconds(since, np.full(since.size, end)))
