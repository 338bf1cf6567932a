"""Wilson's intervals of rates, exactly, and Newcombe's of their differences, simulated."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

from benchmarks.coverage.populations import REPETITIONS, SIZES, generator
from flowpilot.analytics.statistics import difference_ci95, wilson

RATES = np.arange(0.05, 0.951, 0.05)
# Both sides of a difference: the first is the higher one.
_PAIRS = ((0.5, 0.5), (0.9, 0.9), (0.1, 0.1), (0.8, 0.6), (0.95, 0.5), (0.3, 0.05), (0.1, 0.05))


class RateCell(NamedTuple):
    """Coverage at one size: averaged over the rates, and at the worst of them."""

    kind: str
    n: int
    average: float
    lowest: float


def rate_cells() -> Iterator[RateCell]:
    """Wilson's without chance, from the binomial distribution; then the differences."""
    for n in SIZES:
        bounds = np.array([wilson(part, n) for part in range(n + 1)])
        likely = stats.binom.pmf(np.arange(n + 1)[:, None], n, RATES)
        covers = (bounds[:, :1] <= RATES) & (bounds[:, 1:] >= RATES)
        covered = np.sum(likely * covers, axis=0)
        yield RateCell("a rate (Wilson)", n, float(covered.mean()), float(covered.min()))
    for n in SIZES:
        found = [_of_difference(n, first, second) for first, second in _PAIRS]
        yield RateCell("a difference of two rates (Newcombe)", n, float(np.mean(found)), min(found))


def _of_difference(n: int, first: float, second: float) -> float:
    draw = generator("rates", n, first, second)
    hits = 0
    for parts in zip(*(draw.binomial(n, rate, REPETITIONS).tolist() for rate in (first, second)), strict=True):
        (value1, ci1), (value2, ci2) = ((part / n, wilson(part, n) or (0.0, 1.0)) for part in parts)
        low, high = difference_ci95(value1, ci1, value2, ci2)
        hits += (
            low is not None
            and high is not None
            and low <= first - second + 1e-12
            and high >= first - second - 1e-12
        )
    return hits / REPETITIONS
