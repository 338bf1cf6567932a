"""Intervals of means and of their differences: whether there is one, and how often it covers the true value."""

from collections.abc import Iterator

import numpy as np
from scipy import special

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell, cell
from benchmarks.coverage.populations import REPETITIONS, Population, generator
from flowpilot.analytics.estimates.comparison import compare
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.statistics import Bounds, Estimate

# The sizes of the other kinds, and those at which the rule of the catalogue begins to allow an interval.
MEAN_SIZES = (10, 30, 50, 100, 200, 1000)
STUDENTS = "Student's t, if it were always shown"
ANY, BOUNDED = "no upper limit", "two limits"
# What the second side's values are of the first's, and how many more there are.
_SHORTER = 0.8
_SIDES = ((1, "n on both sides"), (5, "n, and five times as many"))


def mean_cells(
    population: Population,
    limits: tuple[float, float] | None = None,
    sizes: tuple[int, ...] = MEAN_SIZES,
    repetitions: int = REPETITIONS,
) -> Iterator[Cell]:
    """The product's own function, on the sums of each drawn sample; and Student's t for comparison."""
    condition = BOUNDED if limits else ANY
    for n in sizes:
        drawn = estimates(population, limits, n, "mean", repetitions=repetitions)
        yield cell(kinds.MEAN, population.name, condition, n, (one.ci95 for one in drawn), population.mean)
        yield cell(STUDENTS, population.name, condition, n, _students(population, n, repetitions), population.mean)


def difference_cells(
    population: Population,
    limits: tuple[float, float] | None = None,
    sizes: tuple[int, ...] = MEAN_SIZES,
    repetitions: int = REPETITIONS,
) -> Iterator[Cell]:
    """Of two sides, the second of which is shorter, or the same if the values have limits."""
    factor = 1.0 if limits else _SHORTER
    second, true = population.times(factor), population.mean * (1 - factor)
    for more, condition in _SIDES:
        for n in sizes:
            sides = (
                estimates(population, limits, n, "first", more, repetitions=repetitions),
                estimates(second, limits, more * n, "second", more, repetitions=repetitions),
            )
            found = (_difference(*pair) for pair in zip(*sides, strict=True))
            yield cell(kinds.DIFFERENCE_OF_MEANS, population.name, condition, n, found, true)


def _difference(new: Estimate, old: Estimate) -> Bounds | None:
    return compare("mttr", new, old, 12).difference_ci95


def estimates(
    population: Population, limits: tuple[float, float] | None, n: int, *names: object, repetitions: int
) -> Iterator[Estimate]:
    """What the product says of each sample."""
    drawn = population.draw(generator(population.name, *names, n), (repetitions, n))
    lowest, highest = limits or (-np.inf, np.inf)
    for sums in zip(*(np.sum(drawn**power, axis=1).tolist() for power in (1, 2, 3)), strict=True):
        yield mean(n, *sums, lowest=lowest, highest=highest)


def _students(population: Population, n: int, repetitions: int) -> Iterator[Bounds]:
    drawn = population.draw(generator(population.name, "mean", n), (repetitions, n))
    middle, error = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / np.sqrt(n)
    half = special.stdtrit(n - 1, 0.975) * error
    yield from zip((middle - half).tolist(), (middle + half).tolist(), strict=True)
