"""How soon something starts, on two sides: the share that starts faster, and the difference of restricted means.

Both are integrals of Kaplan-Meier curves, so cases that still wait count with what is known of them. Both look
only at the time until a horizon, because beyond what was watched there is nothing to compare.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.means import Moments, hall, why_no_interval
from flowpilot.analytics.statistics import Bounds, Estimate, Waits, difference_ci95

_Z95 = 1.959963984540054
# Beyond this, so few cases would still be watched that the curve is hardly known.
_LEAST_WATCHED = 0.25

Floats = NDArray[np.float64]


class _Curve(NamedTuple):
    """A Kaplan-Meier curve: after each time, the share still waiting; and the step that each case belongs to."""

    n: int
    times: Floats
    alive: Floats
    ended: Floats
    at_risk: Floats
    places: NDArray[np.intp]
    is_ended: NDArray[np.bool_]


def _curve(waits: Waits) -> _Curve:
    times = np.concatenate((waits.ended, waits.censored)).astype(float)
    is_ended = np.arange(times.size) < len(waits.ended)
    steps, places = np.unique(times, return_inverse=True)
    ended = np.bincount(places, weights=is_ended, minlength=steps.size).astype(np.float64)
    gone = np.bincount(places, minlength=steps.size).astype(np.float64)
    at_risk = np.asarray(times.size - np.cumsum(gone) + gone, dtype=np.float64)
    alive = np.asarray(np.cumprod(1 - ended / at_risk), dtype=np.float64)
    return _Curve(times.size, steps, alive, ended, at_risk, places, is_ended)


def known_until(waits: Waits) -> float:
    """Until when the curve of these waits is known: while a quarter of the cases would still be watched.

    How long they would be watched is the curve of the censoring. Source: Schemper and Smith (1996), Controlled
    Clinical Trials 17, 343-346.
    """
    if not len(waits.censored):
        return math.inf
    watched = _curve(Waits(waits.censored, waits.ended))
    few = np.flatnonzero(watched.alive < _LEAST_WATCHED)
    return float(watched.times[few[0]]) if few.size else float(watched.times[-1])


def restricted(waits: Waits, horizon: float) -> Waits:
    """The waits with everything beyond the horizon counted as that long: so much is known of each."""
    ended, censored = (np.asarray(each, dtype=np.float64) for each in waits)
    is_beyond = censored >= horizon
    beyond = np.full(np.count_nonzero(is_beyond), horizon)
    return Waits(np.concatenate((np.minimum(ended, horizon), beyond)), censored[~is_beyond])


def _moments(found: _Curve, value: float, areas: Floats) -> Moments:
    """The spread and skewness of what each case adds to an integral of the curve: its influence, times n.

    `areas` are the integral from each step on. Without censoring, a case adds its own time. Source: Efron (1981),
    Biometrika 68, 589-599, whose jackknife it is in the limit; the variance is Greenwood's.
    """
    n = found.n
    left = np.maximum(found.at_risk - found.ended, 1)  # Where nobody is left, the area is zero.
    own = np.where(found.is_ended, (areas / left)[found.places], 0.0)
    shared = np.cumsum(found.ended * areas / (found.at_risk * left))[found.places]
    influence = n * (shared - own)
    variance = float(np.mean(influence**2))
    if n < 3 or variance <= (1e-9 * max(1.0, abs(value))) ** 2:
        return Moments(n, value, math.sqrt(variance) if n < 3 else 0.0, 0.0)
    skewness = float(np.mean(influence**3)) / variance**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    return Moments(n, value, math.sqrt(variance * n / (n - 1)), skewness)


def restricted_mean(waits: Waits, horizon: float) -> Moments:
    """The mean time until something starts, where what has not started by `horizon` counts as that long.

    Source: Royston and Parmar (2013), BMC Medical Research Methodology 13, 152.
    """
    found = _curve(restricted(waits, horizon))
    areas = np.append(np.cumsum((found.alive[:-1] * np.diff(found.times))[::-1])[::-1], 0.0)
    return _moments(found, float(found.times[0] + areas[0]), areas)


def restricted_mean_difference(first: Waits, second: Waits, horizon: float) -> Estimate:
    """The restricted mean of `first` minus that of `second`, with its interval where both means have one.

    The interval goes through those of the two (Zou and Donner (2008), Statistics in Medicine 27, 1693-1702), which
    are Hall's. `n` is that of the smaller side.
    """
    sides = restricted_mean(first, horizon), restricted_mean(second, horizon)
    difference, n = sides[0].mean - sides[1].mean, min(side.n for side in sides)
    why = next(filter(None, (why_no_interval(side, is_bounded=True) for side in sides)), None)
    if why is not None:
        return Estimate(difference, n, None, why)
    (value1, ci1), (value2, ci2) = ((side.mean, _within(hall(side), horizon)) for side in sides)
    return Estimate(difference, n, difference_ci95(value1, ci1, value2, ci2))


def _within(interval: tuple[float, float], horizon: float) -> Bounds:
    return max(0.0, interval[0]), min(horizon, interval[1])


def faster_share(first: Waits, second: Waits, horizon: float) -> Estimate:
    """The share of pairs of one of each in which that of `second` starts sooner; equal times count half.

    Times beyond the horizon are equal. It is Mann and Whitney's statistic, with the curves in place of the cases,
    because some of them still wait. All of `first` have ended. Sources: Mann and Whitney (1947), Annals of
    Mathematical Statistics 18, 50-60; Efron (1967), Fifth Berkeley Symposium 4, 831-853.
    """
    timed = np.sort(np.minimum(np.asarray(first.ended, dtype=float), horizon))
    found = _curve(restricted(second, horizon))
    steps = np.concatenate(([1.0], found.alive))
    waiting = [steps[np.searchsorted(found.times, timed, side=side)] for side in ("right", "left")]
    placements = 1 - (waiting[0] + waiting[1]) / 2
    share = float(placements.mean())
    # The integral from each step on: the curve, at those of `first` that come after it, and half at it.
    tails = np.append(np.cumsum((1 - placements)[::-1])[::-1], 0.0)
    left, right = (np.searchsorted(timed, found.times, side=side) for side in ("left", "right"))
    areas = (tails[right] + found.alive * (right - left) / 2) / timed.size
    spread = _moments(found, share, areas).spread
    variance = (float(np.var(placements, ddof=1)) if timed.size > 1 else 0.0) / timed.size + spread**2 / found.n
    return Estimate(share, min(timed.size, found.n), _share_ci95(share, variance, timed.size, found.n))


def _share_ci95(share: float, variance: float, m: int, n: int) -> Bounds:
    """The delta method's interval on the logit scale; Newcombe's score interval where all pairs say the same.

    Source: Newcombe (2006), Statistics in Medicine 25, 559-573, methods 3 and 5.
    """
    if not 0 < share < 1 or variance <= 1e-12:
        return _all_alike(share, m, n)
    logit = math.log(share / (1 - share))
    half = _Z95 * math.sqrt(variance) / (share * (1 - share))
    low, high = (1 / (1 + math.exp(-(logit + end))) for end in (-half, half))
    return low, high


def _all_alike(share: float, m: int, n: int) -> Bounds:
    """The shares whose standard error, by Hanley and McNeil's formula, reaches as far as this one."""
    middle = (m + n) / 2 - 1

    def edge(outside: float) -> float:
        inside = share
        for _ in range(50):
            true = (inside + outside) / 2
            spread = true * (1 - true) * (1 + middle * ((1 - true) / (2 - true) + true / (1 + true))) / (m * n)
            inside, outside = (true, outside) if (share - true) ** 2 <= _Z95**2 * spread else (inside, true)
        return outside

    return edge(0.0), edge(1.0)
