"""Medians of many groups of waits at once, where equal waits are counted."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Floats, Weighted, log_log_band, shares_of, variances
from flowpilot.analytics.statistics import FEWEST_FOR_MEDIAN_CI95, TOLERANCE, Bounds

Integers = NDArray[np.int64]


class Grouped(NamedTuple):
    """Waits, each with the number of its group: how many there are of it, and whether they have ended."""

    groups: Integers
    times: Floats
    counts: Integers
    is_ended: NDArray[np.bool_]


class Median(NamedTuple):
    """What the Kaplan-Meier curve of a group says of its median, as `Survival` does."""

    n: int
    n_censored: int
    median: float | None
    median_ci95: Bounds | None


class _Distinct(NamedTuple):
    """Each time of each group once, in their order: how many ended then, and how many ended or are censored."""

    groups: Integers
    times: Floats
    ended: Integers
    gone: Integers


def joined(parts: Sequence[Grouped]) -> Grouped:
    """All of them."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Grouped(none, none.astype(np.float64), none, none.astype(bool))
    return Grouped(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def whole_and_medians(waits: Grouped, n_groups: int) -> tuple[Weighted, list[Median]]:
    """The waits of all groups together, and the median of each of so many groups."""
    times, ranks = np.unique(waits.times, return_inverse=True)
    ended, gone = _counts(waits, ranks, times.size)
    keys, places = np.unique(waits.groups * max(1, times.size) + ranks, return_inverse=True)
    groups, ranks = np.divmod(keys, max(1, times.size))
    found = _Distinct(groups, times[ranks], *_counts(waits, places, keys.size))
    return Weighted(times, ended, gone - ended), _medians(found, n_groups)


def _counts(waits: Grouped, places: NDArray[np.intp], n: int) -> tuple[Integers, Integers]:
    """How many ended at each of so many places, and how many ended or are censored there."""
    counts = np.where(waits.is_ended, waits.counts, 0), waits.counts
    ended, gone = (np.bincount(places, weights=each, minlength=n).astype(np.int64) for each in counts)
    return ended, gone


def _medians(found: _Distinct, n_groups: int) -> list[Median]:
    edges = np.searchsorted(found.groups, np.arange(n_groups + 1))
    shares, sums = np.empty(found.times.size), np.empty(found.times.size)
    sizes = []
    # One by one, because the digits of a product depend on where it begins.
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        one = slice(first, last)
        ended, gone = found.ended[one], found.gone[one]
        left = np.cumsum(gone[::-1])[::-1]
        shares[one] = shares_of(ended, left, is_all=bool((ended == gone).all()))
        sums[one] = variances(ended, left)
        sizes.append((int(gone.sum()), int((gone - ended).sum())))
    low, high = log_log_band(shares, sums)
    low = np.where(shares <= TOLERANCE, 0.0, np.where(np.isnan(low), 1.0, low))
    curves = shares, low, np.where(np.isnan(high), 1.0, high)
    crossings = (_crossings(found.times, curve, edges) for curve in curves)
    return [
        Median(n, n_censored, median, (first, last) if n >= FEWEST_FOR_MEDIAN_CI95 else None)
        for (n, n_censored), median, first, last in zip(sizes, *crossings, strict=True)
    ]


def _crossings(times: Floats, curve: Floats, edges: NDArray[np.intp]) -> list[float | None]:
    """Where the curve of each group is first at a half or below."""
    places = np.append(np.flatnonzero(curve <= 0.5 + TOLERANCE), curve.size)
    first = places[np.searchsorted(places, edges[:-1])]
    is_reached = first < edges[1:]
    return [
        float(times[place]) if reached else None
        for place, reached in zip(first.tolist(), is_reached.tolist(), strict=True)
    ]
