"""Limits of a quantile of waits from single waits, interpolated: where a band of the curve is too coarse.

Between two waits the chance of a limit is interpolated, as if a quantile could lie at the 2½th wait. So an
interval is no wider than it has to be when there are few cases.
"""

import math
from bisect import bisect_left
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Numbers, Ordered, in_order

_Z95 = NormalDist().inv_cdf(0.975)
# The ends that go into a difference of two quantiles: those of one side, at this level, lie as far from each
# other as the difference of two equal sides at 95 %.
_CHANCE_OF_END = NormalDist().cdf(_Z95 / math.sqrt(2))
# Halvings of the stretch between two waits: to less than a ten-thousandth of it.
_HALVINGS = 14

# An interval, as in `statistics`, which knows this module; an end that the waits do not reach is None.
Bounds = tuple[float | None, float | None]
# Where some still wait and fewer than this are left, the curve is hardly known.
_LEAST_LEFT = 5


class Steps(NamedTuple):
    """A Kaplan-Meier curve, a step for each wait that ended: the share that waits on.

    `sums` are those of Greenwood's variance, without a last step at which nobody is left, `has_end`. `known` is
    the last time at which enough were left.
    """

    times: NDArray[np.float64]
    alive: NDArray[np.float64]
    sums: NDArray[np.float64]
    has_end: bool
    known: float

    def share(self, place: int) -> float:
        """The share that has ended by this step."""
        return float(1 - self.alive[place])

    def effective(self, place: int) -> float:
        """How many cases without censoring would say as much at this step.

        The variance of their share is Greenwood's. Source: Dorey and Korn (1987), Statistics in Medicine 6,
        679-687.
        """
        if self.has_end and place == self.times.size - 1:
            # Once nobody is left there is no variance: the number stays what it was.
            return self.effective(place - 1) if place else 1.0
        return float((1 - self.alive[place]) / (self.alive[place] * self.sums[place]))


def steps(ended: Numbers, censored: Numbers) -> Steps:
    """The curve of these waits; equal ones are taken one after the other, the ended ones first."""
    return steps_of(in_order(ended, censored))


def steps_of(waits: Ordered, most: int | None = None) -> Steps:
    """The same of waits that are in their order, or of the beginning of the curve, with so many of them."""
    n, times, is_ended = waits.times.size, waits.times[:most], waits.is_ended[:most]
    at_risk, has_all = np.arange(n, n - times.size, -1, dtype=float), bool(is_ended.all())
    enough = times if has_all else times[: max(0, n - _LEAST_LEFT + 1)]
    known = float(enough[-1]) if enough.size else -math.inf
    if not has_all:
        times, at_risk = times[is_ended], at_risk[is_ended]
    has_end = bool(at_risk.size and at_risk[-1] <= 1)
    alive = np.cumprod(1 - 1 / at_risk, dtype=np.float64)
    left = at_risk[:-1] if has_end else at_risk
    return Steps(times, alive, np.cumsum(1 / (left * (left - 1))), has_end, known)


def quantile_ci95(found: Steps, level: float) -> Bounds:
    """The 95 % interval of the quantile; an end that the waits do not reach is None.

    Where there is no upper end, all the error is allowed to the lower one. Of the p95 this is so below 72 cases:
    more often than once in forty none of them lasts so long. Where the lower one is not reached either while
    enough are left, it is how far the curve is known.
    """
    high = _place(found, level, 0.025)
    low = _place(found, level, 0.95 if high == math.inf else 0.975)
    return _known(min(low, found.known)), _known(high)


def ends_for_difference(found: Steps, level: float, value: float) -> Bounds:
    """The ends of a quantile that go into a difference of two.

    They are scaled from ends that lie nearer, because of few cases the far ones are so uncertain that the
    difference covers too much. Source: Price and Bonett (2002), Journal of Statistical Computation and
    Simulation 72, 119-124.
    """
    low, high = limit(found, level, _CHANCE_OF_END), limit(found, level, 1 - _CHANCE_OF_END)
    return (
        None if low is None else value - math.sqrt(2) * max(0.0, value - low),
        None if high is None else value + math.sqrt(2) * max(0.0, high - value),
    )


def limit(found: Steps, level: float, chance: float) -> float | None:
    """Where the quantile lies above with this chance; None if no wait is so short, or none so long."""
    return _known(_place(found, level, chance))


def _known(place: float) -> float | None:
    return place if math.isfinite(place) else None


def _place(found: Steps, level: float, chance: float) -> float:
    """The limit, or infinity at the side on which there is none.

    The chance that the quantile lies above the r-th of n waits is that of a binomial count, which the beta
    distribution continues to any r. Source: Hutson (1999), Journal of Applied Statistics 26, 343-353.
    """
    # Importing SciPy takes a second, and a command that does not use it should not wait.
    from scipy import special  # noqa: PLC0415

    def is_beyond(rank: float, of: float) -> bool:
        return bool(special.betainc(rank, max(of + 1 - rank, 1e-9), level) <= chance)

    def at(place: int) -> tuple[float, float]:
        of = found.effective(place)
        return of * found.share(place), of

    place = bisect_left(range(found.times.size), True, key=lambda i: is_beyond(*at(i)))
    if place in {0, found.times.size}:
        return math.inf if place else -math.inf
    (rank_before, of_before), (rank_at, of_at) = at(place - 1), at(place)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        part = (low + high) / 2
        rank, of = (1 - part) * rank_before + part * rank_at, (1 - part) * of_before + part * of_at
        low, high = (low, part) if is_beyond(rank, of) else (part, high)
    return float(found.times[place - 1] + high * (found.times[place] - found.times[place - 1]))
