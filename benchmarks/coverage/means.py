"""Intervals of means: how often there is one, and how often it covers the true mean."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import special

from benchmarks.coverage.populations import REPETITIONS, SIZES, Floats, Population, generator
from flowpilot.analytics.estimates.means import mean


class MeanCell(NamedTuple):
    """One population at one size, in shares of all repetitions (`covered`: of those with an interval)."""

    population: str
    n: int
    shown: float
    covered: float
    wrong: float
    students: float


def mean_cells(populations: tuple[Population, ...]) -> Iterator[MeanCell]:
    """The product's own function, on the sums of each drawn sample."""
    for population in populations:
        for n in SIZES:
            drawn = population.draw(generator(population.name, "mean", n), (REPETITIONS, n))
            sums = zip(*(np.sum(drawn**power, axis=1).tolist() for power in (1, 2, 3)), strict=True)
            found = [mean(n, *each, lowest=-np.inf).ci95 for each in sums]
            shown = [interval for interval in found if interval is not None]
            hits = sum(
                low <= population.mean <= high for low, high in shown if low is not None and high is not None
            )
            yield MeanCell(
                population.name,
                n,
                len(shown) / REPETITIONS,
                hits / len(shown) if shown else np.nan,
                (len(shown) - hits) / REPETITIONS,
                _students(drawn, population.mean),
            )


def _students(drawn: Floats, true: float) -> float:
    n = drawn.shape[1]
    half = special.stdtrit(n - 1, 0.975) * drawn.std(axis=1, ddof=1) / np.sqrt(n)
    return float(np.mean(np.abs(drawn.mean(axis=1) - true) <= half))
