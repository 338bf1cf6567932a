"""How the times to first action are distributed: a curve that includes those still waiting, and buckets."""

import math
from functools import lru_cache
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.schemas import CurvePoint, TimeBucket
from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.statistics import Survival

# A curve has no more points than a chart can show.
MOST_POINTS = 120
# Besides the first and the last.
_MOST_STEPS = MOST_POINTS - 2

# In seconds, and the same for every window, so that two charts can be compared.
BUCKETS = (0, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


def survival_curve(found: Survival) -> list[CurvePoint]:
    """The estimate's curve from 0 seconds on.

    Of more than 120 steps only some are kept, unchanged: between two of them, the curve falls by less than 1/118
    of its whole fall.
    """
    if found.counted is None:
        return []
    kept = _kept(found.counted.shares)
    times, shares, _, at_risk = (part[kept] for part in found.counted)
    points = zip(*(part.tolist() for part in (times, shares, *found.band(kept), at_risk)), strict=True)
    start = CurvePoint(seconds=0, share_waiting=1, share_waiting_ci95=None, n_at_risk=found.n)
    return [start, *(_point(*point) for point in points)]


# A later moment moves few of a curve's points, if any.
@lru_cache(4_096)
def _point(time: float, share: float, low: float, high: float, at_risk: int) -> CurvePoint:
    return CurvePoint(
        seconds=round(time, 2),
        share_waiting=round(share, 4),
        share_waiting_ci95=None if math.isnan(low) or math.isnan(high) else (round(low, 4), round(high, 4)),
        n_at_risk=at_risk,
    )


def _kept(shares: NDArray[np.float64]) -> NDArray[np.intp]:
    """The places where the curve falls, or falls to another level if there are too many; and the last one."""
    is_kept = np.diff(shares, prepend=1.0) < 0
    if np.count_nonzero(is_kept) > _MOST_STEPS:
        levels = np.floor((1 - shares) * (_MOST_STEPS / (1 - shares[-1])))
        is_kept = np.diff(levels, prepend=0.0) > 0
    is_kept[-1] = True
    return np.flatnonzero(is_kept)


def distribution(seconds: Floats) -> list[TimeBucket]:
    """How many times, which are in order, fall into each of the buckets."""
    counts = np.diff((0, *np.searchsorted(seconds, BUCKETS[1:]), seconds.size)).tolist()
    return [
        TimeBucket(from_seconds=start, to_seconds=end, n=n)
        for (start, end), n in zip(zip_longest(BUCKETS, BUCKETS[1:]), counts, strict=True)
    ]
