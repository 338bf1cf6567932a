"""Verbal handoffs against those in the product: which start faster, and how much sooner in the mean."""

from dataclasses import dataclass
from typing import Any, Literal

from flowpilot.analytics.escalations.action_times import survival_curve
from flowpilot.analytics.escalations.quality import share
from flowpilot.analytics.estimates.curves import Ordered
from flowpilot.analytics.estimates.started import (
    faster_share,
    known_until,
    restricted_mean,
    restricted_mean_difference,
)
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.savings.schemas import ClockComparison, MonthlySum, RestrictedMean
from flowpilot.analytics.statistics import Bounds, Survival, Waits
from flowpilot.analytics.waits import waiting_time

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of the product: its waits, how many have an unknown time, and how many there are in a month."""

    name: Literal["creation", "claim"]
    ordered: Ordered
    n_unknown: int
    per_month: float

    @property
    def waits(self) -> Waits:
        """The waits by whether they have ended."""
        times, is_ended = self.ordered
        return Waits(times[is_ended], times[~is_ended])


def needed() -> int:
    """How many cases each side takes."""
    cases = METRICS["savings"].min_cases
    assert cases is not None
    return cases


def comparison(verbal: Waits, clock: Clock) -> ClockComparison | None:
    """The comparison by one clock; None if a side has too few cases. It takes some milliseconds."""
    found = Survival(clock.ordered)
    if min(len(verbal.ended), found.n) < needed():
        return None
    longest = METRICS["savings_restricted_mean"].horizon_seconds
    assert longest is not None
    horizon = min(longest, known_until(clock.waits))
    mean = _restricted_mean(verbal, clock.waits, horizon)
    return ClockComparison(
        clock=clock.name,
        product=waiting_time(found, clock.n_unknown),
        horizon_seconds=round(horizon, 2),
        faster_share=share(faster_share(verbal, clock.waits, horizon), is_of_cases=False),
        restricted_mean=mean,
        per_month=_sum(mean, clock.per_month),
        curve=survival_curve(found),
    )


def _restricted_mean(verbal: Waits, product: Waits, horizon: float) -> RestrictedMean:
    found = restricted_mean_difference(verbal, product, horizon)
    assert found.value is not None
    return RestrictedMean(
        verbal_seconds=round(restricted_mean(verbal, horizon).mean, 2),
        product_seconds=round(restricted_mean(product, horizon).mean, 2),
        difference_seconds=round(found.value, 2),
        difference_seconds_ci95=rounded_bounds(found.ci95),
        no_interval=found.no_interval,
        direction=direction(*(found.ci95 or (None, None))),
    )


def _sum(mean: RestrictedMean, handoffs: float) -> MonthlySum | None:
    if mean.difference_seconds_ci95 is None:
        return None
    low, high = (None if end is None else rounded(end * handoffs / _HOUR) for end in mean.difference_seconds_ci95)
    hours = round(mean.difference_seconds * handoffs / _HOUR, 2)
    bounds: Bounds = (low, high)
    return MonthlySum(hours=hours, hours_ci95=bounds, handoffs=round(handoffs, 2))


def direction(low: float | None, high: float | None) -> Any:
    """`saves` or `costs` only if the interval excludes zero."""
    if low is not None and low > 0:
        return "saves"
    return "costs" if high is not None and high < 0 else "unclear"
