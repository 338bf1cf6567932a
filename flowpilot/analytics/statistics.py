"""Statistics. Pure: numbers in, numbers out. All estimators are SciPy's, or checked against SciPy."""

import math
import statistics
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Counted, Numbers, Ordered, counted, in_order, log_log_band
from flowpilot.analytics.estimates.quantiles import Steps, ends_for_difference, quantile_ci95, steps_of

_Z95 = statistics.NormalDist().inv_cdf(0.975)
Z999 = statistics.NormalDist().inv_cdf(0.9995)
"""The normal quantile of a 99.9 % interval: for what is compared so often that 95 % finds something by chance."""

# The 95 % interval of a quantile of waits: an end that the waits do not reach is None.
Bounds = tuple[float | None, float | None]

# A survival probability is a product of ratios; a difference smaller than this is no difference.
_TOLERANCE = 1e-12

# The bootstrap: enough for two digits of a 95 % bound, and the same for the same data.
N_RESAMPLES = 2000
_SEED = 20260615
# Cases handled at once: few enough to stay in a processor's cache.
_BATCH_CASES = 60_000
# The most cases of a side that are resampled.
_MOST_CASES = 2000


def percent(part: int, whole: int) -> float:
    """`part` of `whole` in percent, 1 decimal; 0.0 if the whole is 0."""
    return round(100 * part / whole, 1) if whole else 0.0


def rate(part: int, whole: int) -> float:
    """`part` of `whole`, 0 to 1, 4 decimals; 0.0 if the whole is 0."""
    return round(part / whole, 4) if whole else 0.0


def wilson(part: int, whole: int, z: float = _Z95) -> tuple[float, float] | None:
    """The Wilson score interval of a proportion, 0..1, at 95 % or the level of `z`; None without cases.

    Source: Wilson (1927), JASA 22, 209-212. SciPy's `binomtest(...).proportion_ci("wilson")` gives the same
    figures, but spends more than a millisecond on an exact test that is not needed.
    """
    if whole == 0:
        return None
    share, z2 = part / whole, z**2
    center = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return max(0.0, center - half), min(1.0, center + half)


def percent_ci95(part: int, whole: int) -> tuple[float, float] | None:
    """The Wilson interval of `percent`, 1 decimal."""
    interval = wilson(part, whole)
    return None if interval is None else (round(100 * interval[0], 1), round(100 * interval[1], 1))


class Estimate(NamedTuple):
    """A figure with its number of cases and its 95 % interval; both are None without cases.

    `no_interval` says in a sentence why there is no interval, where there could be one. `ends` are those that go
    into a difference, where they are not those of the interval.
    """

    value: float | None
    n: int
    ci95: Bounds | None
    no_interval: str | None = None
    ends: Bounds | None = None


def proportion(part: int, whole: int) -> Estimate:
    """`part` of `whole`, 0..1, with its Wilson interval."""
    return Estimate(part / whole if whole else None, whole, wilson(part, whole))


def percentage(part: int, whole: int) -> Estimate:
    """`part` of `whole` in percent, with its Wilson interval."""
    interval = wilson(part, whole)
    if interval is None:
        return Estimate(None, whole, None)
    return Estimate(100 * part / whole, whole, (100 * interval[0], 100 * interval[1]))


def rate_ci95(part: int, whole: int) -> tuple[float, float] | None:
    """The Wilson interval of `rate`, 4 decimals."""
    interval = wilson(part, whole)
    return None if interval is None else (round(interval[0], 4), round(interval[1], 4))


def difference_ci95(first: float, first_ci95: Bounds, second: float, second_ci95: Bounds) -> Bounds:
    """The interval of `first - second`, from two independent estimates and the interval of each, all at one level.

    An end is None if it needs one that is None. Of two Wilson intervals this is Newcombe's hybrid score
    interval. Sources: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Zou and Donner (2008),
    Statistics in Medicine 27, 1693-1702, for any other estimate.
    """
    (low1, high1), (low2, high2) = first_ci95, second_ci95
    difference = first - second
    low = None if low1 is None or high2 is None else difference - math.hypot(first - low1, high2 - second)
    high = None if high1 is None or low2 is None else difference + math.hypot(high1 - first, second - low2)
    return low, high


class Waits(NamedTuple):
    """How long the waits were that have ended, and how long the others have lasted so far."""

    ended: Sequence[float]
    censored: Sequence[float]


class Curve(NamedTuple):
    """A Kaplan-Meier curve: the share still waiting after each of its times, and the 95 % log-log band.

    It has a time for every wait that ended or is censored. The band is nan if its formula is undefined: while
    the share is one, and once it is zero. `at_risk` are the waits that had neither ended nor been censored before.
    """

    times: NDArray[np.float64]
    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.int64]


FEWEST_FOR_MEDIAN_CI95 = 5  # Of four waits, all are above the median once in 16 times, and of five once in 32.


class Survival:
    """What a Kaplan-Meier curve says about a waiting time, in the unit of its input.

    A figure is None if the curve does not reach it, and the mean is None unless the curve reaches zero. Without
    cases there is no curve. Each is computed when it is first asked for.

    The quantile q is the smallest wait at which the curve is at or below 1 - q. The interval of the median is
    where the 95 % log-log band crosses a half; that of the p95 is interpolated. `median_ends` are those that go
    into a difference of two medians. Source: Brookmeyer and Crowley (1982), Biometrics 38, 29-41.
    """

    def __init__(self, waits: Ordered) -> None:
        """Know the waits that have ended, and how long the others have lasted so far."""
        self.n = waits.times.size
        self.n_censored = self.n - int(np.count_nonzero(waits.is_ended))
        self._waits = waits

    @cached_property
    def _counted(self) -> Counted:
        return counted(self._waits)

    @cached_property
    def _steps(self) -> Steps:
        return steps_of(self._waits)

    @cached_property
    def curve(self) -> Curve | None:
        """The curve itself."""
        if not self.n:
            return None
        found = self._counted
        return Curve(found.times, found.shares, *log_log_band(found), found.at_risk)

    @cached_property
    def mean(self) -> float | None:
        """The area under the curve, known only when the curve ends at zero."""
        if not self.n or self._counted.shares[-1] > _TOLERANCE:
            return None
        times, alive, *_ = self._counted
        widths = np.diff(times, prepend=0.0)
        before = np.concatenate(([1.0], alive[:-1]))
        return float(np.sum(widths * before))

    @cached_property
    def median(self) -> float | None:
        """The median wait."""
        return self._quantile(0.5)

    @cached_property
    def p90(self) -> float | None:
        """What nine of ten waits do not exceed."""
        return self._quantile(0.1)

    @cached_property
    def p95(self) -> float | None:
        """What nineteen of twenty waits do not exceed."""
        return self._quantile(0.05)

    @cached_property
    def median_ci95(self) -> Bounds | None:
        """The 95 % interval of the median; None of so few waits that no interval from the smallest on has 95 %."""
        if self.curve is None or self.n < FEWEST_FOR_MEDIAN_CI95:
            return None
        times, alive, band_low, band_high, _ = self.curve
        # At its ends the curve has no variance: at one, no wait has ended, and at zero the lower bound is zero.
        low = np.where(alive <= _TOLERANCE, 0.0, _or_one(band_low))
        return _first(times, low, 0.5), _first(times, _or_one(band_high), 0.5)

    @cached_property
    def p95_ci95(self) -> Bounds | None:
        """The 95 % interval of the p95."""
        return quantile_ci95(self._steps, 0.95) if self.n else None

    @cached_property
    def median_ends(self) -> Bounds | None:
        """The ends of the median that go into a difference."""
        return None if self.median is None else ends_for_difference(self._steps, 0.5, self.median)

    def _quantile(self, left: float) -> float | None:
        return _first(self._counted.times, self._counted.shares, left) if self.n else None


def kaplan_meier(waits: Numbers, censored: Numbers) -> Survival:
    """Estimate a waiting time of waits that have ended, and of others that have lasted so long so far."""
    return Survival(in_order(waits, censored))


def _or_one(band: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(band), 1.0, band)


def _first(times: NDArray[np.float64], curve: NDArray[np.float64], level: float) -> float | None:
    reached = curve <= level + _TOLERANCE
    place = int(reached.argmax())
    return float(times[place]) if reached[place] else None


def difference_of_medians_ci95(timed: Sequence[float], waits: Waits) -> Bounds:
    """The 95 % bootstrap interval of the median of `timed` minus the Kaplan-Meier median of `waits`.

    Each side is resampled alone, where a case is a time and whether it is censored, and its median is estimated
    again. An end is None if too many resamples of `waits` do not reach their median. Both need two cases.

    The interval is the percentile one: BCa needs the jackknife, which fails for medians (Efron and Tibshirani
    (1993), An Introduction to the Bootstrap, sections 11.6 and 14.3).
    """
    # Importing SciPy takes a second, and a command that does not use it should not wait.
    from scipy import stats  # noqa: PLC0415

    first, second = _Cases(Waits(timed, [])), _Cases(waits)

    def difference(drawn1: NDArray[np.int32], drawn2: NDArray[np.int32], **_: Any) -> NDArray[np.float64]:
        return first.medians(drawn1) - second.medians(drawn2)

    # SciPy's own percentiles interpolate, which infinite values do not allow: it says so, and they are not used.
    with np.errstate(invalid="ignore"):
        found = stats.bootstrap(
            (first.numbers, second.numbers),
            difference,
            n_resamples=N_RESAMPLES,
            batch=max(1, _BATCH_CASES // max(first.times.size, second.times.size)),
            vectorized=True,
            method="percentile",
            rng=np.random.default_rng(_SEED),
        ).bootstrap_distribution
    low, high = np.quantile(found, (0.025, 0.975), method="inverted_cdf")
    return (float(low) if math.isfinite(low) else None), (float(high) if math.isfinite(high) else None)


class _Cases:
    """Waits, shortest first; of equal ones, ended ones come before censored ones, as in the estimator."""

    def __init__(self, waits: Waits) -> None:
        times = np.concatenate((waits.ended, waits.censored))
        ended = np.arange(times.size) < len(waits.ended)
        order = np.lexsort((~ended, times))
        if times.size > _MOST_CASES:
            # Evenly spaced ones say the same with a little less certainty, and limit the cost.
            order = order[np.linspace(0, times.size - 1, _MOST_CASES).round().astype(np.int64)]
        self.times, self.ended = times[order], ended[order]
        self.numbers = np.arange(order.size, dtype=np.int32)
        # Hardly any resample has its median when few of all cases are left, so the far end is rarely needed.
        few_left = np.flatnonzero(self._alive(np.ones((1, order.size), np.int64))[0] <= 0.25)
        self.near_end = int(few_left[0]) + 1 if few_left.size else order.size

    def medians(self, drawn: NDArray[np.int32]) -> NDArray[np.float64]:
        """The Kaplan-Meier median of each row of drawn cases; infinite if its curve does not reach it."""
        n = self.times.size
        rows = drawn.reshape(-1, n)
        offset = np.arange(len(rows), dtype=rows.dtype)[:, None] * n
        counts = np.bincount((rows + offset).ravel(), minlength=rows.size).reshape(-1, n)
        for width in (self.near_end, n):
            reached = self._alive(counts[:, :width]) <= 0.5 + _TOLERANCE
            if reached[:, -1].all():
                break
        return np.where(reached[:, -1], self.times[reached.argmax(axis=1)], np.inf)

    def _alive(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Each row's curve after the first cases, given how often each of them was drawn."""
        at_risk = self.times.size - np.cumsum(counts, axis=1) + counts
        died = counts * self.ended[: counts.shape[1]]
        return np.cumprod(1 - died / np.maximum(at_risk, 1), axis=1)
