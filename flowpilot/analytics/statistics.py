"""Statistics. Pure: numbers in, numbers out. All estimators are SciPy's, or checked against SciPy."""

import math
import statistics
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import (
    LOW,
    Counted,
    Floats,
    Numbers,
    Ordered,
    Weighted,
    beginning,
    counted,
    in_order,
    log_log_band,
    middle,
    variances,
)
from flowpilot.analytics.estimates.orders import Figures, figures_of, of_order
from flowpilot.analytics.estimates.quantiles import Steps, ends_for_difference, quantile_ci95, steps_of

_Z95 = statistics.NormalDist().inv_cdf(0.975)
Z999 = statistics.NormalDist().inv_cdf(0.9995)
"""The normal quantile of a 99.9 % interval: for what is compared so often that 95 % finds something by chance."""

# The 95 % interval of a quantile of waits: an end that the waits do not reach is None.
Bounds = tuple[float | None, float | None]

# A survival probability is a product of ratios; a difference smaller than this is no difference.
TOLERANCE = 1e-12


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

    ended: Numbers
    censored: Numbers


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


# Of so many waits, two thirds usually say where the middle is.
_MANY = 2_000

FEWEST_FOR_MEDIAN_CI95 = 5  # Of four waits, all are above the median once in 16 times, and of five once in 32.


class Survival:
    """What a Kaplan-Meier curve says about a waiting time, in the unit of its input.

    A figure is None if the curve does not reach it, and the mean is None unless the curve reaches zero. Without
    cases there is no curve. Each is computed when it is first asked for.

    The quantile q is the smallest wait at which the curve is at or below 1 - q. The interval of the median is
    where the 95 % log-log band crosses a half; that of the p95 is interpolated. `median_ends` are those that go
    into a difference of two medians. Source: Brookmeyer and Crowley (1982), Biometrics 38, 29-41.
    """

    def __init__(self, waits: Ordered | Weighted) -> None:
        """Know the waits that have ended, and how long the others have lasted so far."""
        if isinstance(waits, Weighted):
            self.n_censored = int(waits.censored.sum())
            self.n = self.n_censored + int(waits.ended.sum())
            self.figures: Figures = {}
        else:
            self.n = waits.times.size
            self.n_censored = self.n - int(np.count_nonzero(waits.is_ended))
            self.figures = figures_of(waits)
        self._waits = waits

    @cached_property
    def _ordered(self) -> Ordered:
        return self._waits.ordered if isinstance(self._waits, Weighted) else self._waits

    @cached_property
    def _steps(self) -> Steps:
        return steps_of(self._ordered)

    @property
    def curve(self) -> Curve | None:
        """The curve itself, with its band."""
        found = self.counted
        if found is None:
            return None
        return Curve(found.times, found.shares, *log_log_band(found.shares, self._variances), found.at_risk)

    @cached_property
    def counted(self) -> Counted | None:
        """The curve without its band."""
        return counted(self._waits) if self.n else None

    @cached_property
    def _middle(self) -> Counted | None:
        """The beginning of the curve of many waits, if it reaches beyond its middle; otherwise all of it."""
        if "counted" not in vars(self) and self.n >= _MANY and not isinstance(self._waits, Weighted):
            found = beginning(self._waits, self.n * 2 // 3)
            if found.shares.size and found.shares[-1] < LOW:
                return found
        return self.counted

    @cached_property
    def _variances(self) -> Floats:
        assert self.counted is not None
        return variances(self.counted.ended, self.counted.at_risk)

    def band(self, places: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """The band at these places of the curve, of which there is one."""
        assert self.counted is not None
        return log_log_band(self.counted.shares[places], self._variances[places])

    def estimate(self, *names: str) -> None:
        """Do now what takes long of many waits, and would be done when one of these is first asked for."""
        for name in names:
            getattr(self, name)

    @cached_property
    def mean(self) -> float | None:
        """The area under the curve, known only when the curve ends at zero."""
        if self._last_share > TOLERANCE or self.counted is None:
            return None
        times, alive, *_ = self.counted
        widths = np.diff(times, prepend=0.0)
        before = np.concatenate(([1.0], alive[:-1]))
        return float(np.sum(widths * before))

    @of_order
    def _last_share(self) -> float:
        return 1.0 if self.counted is None else float(self.counted.shares[-1])

    @of_order
    def median(self) -> float | None:
        """The median wait."""
        return None if self._middle is None else _first(self._middle.times, self._middle.shares, 0.5)

    @of_order
    def p90(self) -> float | None:
        """What nine of ten waits do not exceed."""
        return self._quantile(0.1)

    @of_order
    def p95(self) -> float | None:
        """What nineteen of twenty waits do not exceed."""
        return self._quantile(0.05)

    @of_order
    def median_ci95(self) -> Bounds | None:
        """The 95 % interval of the median; None of so few waits that no interval from the smallest on has 95 %."""
        if self._middle is None or self.n < FEWEST_FOR_MEDIAN_CI95:
            return None
        low, high = _crossings(self._middle, middle(self._middle))
        if low is not None and high is not None:
            return low, high
        assert self.counted is not None
        return _crossings(self.counted, slice(None))

    @cached_property
    def p95_ci95(self) -> Bounds | None:
        """The 95 % interval of the p95."""
        return quantile_ci95(self._steps, 0.95) if self.n else None

    @of_order
    def median_ends(self) -> Bounds | None:
        """The ends of the median that go into a difference."""
        if self.median is None:
            return None
        if self.n >= _MANY:
            found = ends_for_difference(steps_of(self._ordered, self.n * 2 // 3), 0.5, self.median)
            if None not in found:
                return found
        return ends_for_difference(self._steps, 0.5, self.median)

    def _quantile(self, left: float) -> float | None:
        return None if self.counted is None else _first(self.counted.times, self.counted.shares, left)


def kaplan_meier(waits: Numbers, censored: Numbers) -> Survival:
    """Estimate a waiting time of waits that have ended, and of others that have lasted so long so far."""
    return Survival(in_order(waits, censored))


def _crossings(found: Counted, within: slice) -> Bounds:
    """Where the ends of the band cross a half first, within this part of the curve."""
    times, alive = found.times[within], found.shares[within]
    ended, at_risk = found.ended[: within.stop], found.at_risk[: within.stop]
    sums = variances(ended, at_risk)[within.start :]
    band_low, band_high = log_log_band(alive, sums)
    # At its ends the curve has no variance: at one, no wait has ended, and at zero the lower bound is zero.
    low = np.where(alive <= TOLERANCE, 0.0, _or_one(band_low))
    return _first(times, low, 0.5), _first(times, _or_one(band_high), 0.5)


def _or_one(band: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(band), 1.0, band)


def _first(times: NDArray[np.float64], curve: NDArray[np.float64], level: float) -> float | None:
    reached = curve <= level + TOLERANCE
    place = int(reached.argmax())
    return float(times[place]) if reached[place] else None
