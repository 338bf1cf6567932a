"""The bootstrap interval of a difference of medians."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Numbers
from flowpilot.analytics.statistics import TOLERANCE, Bounds, Waits

# Enough for two digits of a 95 % bound, and the same for the same data.
N_RESAMPLES = 2000
_SEED = 20260615
# Cases handled at once: few enough to stay in a processor's cache.
_BATCH_CASES = 60_000
# The most cases of a side that are resampled.
_MOST_CASES = 2000


def difference_of_medians_ci95(timed: Numbers, waits: Waits) -> Bounds:
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
            reached = self._alive(counts[:, :width]) <= 0.5 + TOLERANCE
            if reached[:, -1].all():
                break
        return np.where(reached[:, -1], self.times[reached.argmax(axis=1)], np.inf)

    def _alive(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Each row's curve after the first cases, given how often each of them was drawn."""
        at_risk = self.times.size - np.cumsum(counts, axis=1) + counts
        died = counts * self.ended[: counts.shape[1]]
        return np.cumprod(1 - died / np.maximum(at_risk, 1), axis=1)
