"""What the savings report compares: the share that starts faster, and restricted means; medians too, for now."""

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell, cell, not_shown
from benchmarks.coverage.medians import sample, waiting, watched
from benchmarks.coverage.populations import REPETITIONS, SIZES, Floats, Population, generator
from flowpilot.analytics.estimates.bootstrap import difference_of_medians_ci95
from flowpilot.analytics.estimates.means import cases_needed
from flowpilot.analytics.estimates.started import faster_share, restricted_mean_difference
from flowpilot.analytics.savings.comparisons import needed
from flowpilot.analytics.statistics import Bounds, Waits

# What the second side's times are of the first's.
_SHORTER = 0.6
# The horizon is four hours, which may be far beyond most times: one of the quantiles.
_HORIZONS = (0.7, 0.99)
STARTED_SIZES = (*SIZES[:2], 50, *SIZES[2:])
# A bootstrap of one sample takes a tenth of a second, so there are fewer samples, and of the largest none.
RESAMPLED = {30: 400, 100: 200}

Sides = list[tuple[Waits, Waits]]


def started_cells(
    population: Population, share: float, sizes: tuple[int, ...] = STARTED_SIZES, repetitions: int = REPETITIONS
) -> Iterator[Cell]:
    """Two sides of the same size; the second is shorter, and this share of it still waits."""
    # As in the report: no further than a quarter of the cases would still be watched. That is before the p99.
    until = _SHORTER * watched(population, share, 0.25)
    levels = _HORIZONS[:1] if share else _HORIZONS
    horizons = [min(population.quantile(level), until) for level in levels]
    truths = [_truth(population, horizon) for horizon in horizons]
    for n in sizes:
        drawn = _sides(population, share, n, repetitions) if n >= needed() else []
        both = drawn if n >= cases_needed(is_bounded=True) else []
        for level, horizon, (pairs, difference) in zip(levels, horizons, truths, strict=True):
            where = population.name, f"{waiting(share)}, until the p{level * 100:.0f}", n
            shares = (faster_share(*two, horizon).ci95 for two in drawn)
            differences = (restricted_mean_difference(*two, horizon).ci95 for two in both)
            if level == _HORIZONS[0]:
                yield _cell(kinds.FASTER_SHARE, where, shares if drawn else None, pairs)
            yield _cell(kinds.RESTRICTED, where, differences if both else None, difference)


def _cell(kind: str, where: tuple[str, str, int], found: Iterator[Bounds | None] | None, true: float) -> Cell:
    return not_shown(kind, *where) if found is None else cell(kind, *where, found, true)


def resampled_cells(
    population: Population, share: float, sizes: tuple[int, ...] = (10, *RESAMPLED)
) -> Iterator[Cell]:
    """The deprecated difference of the medians, by the bootstrap."""
    true = population.quantile(0.5) * (1 - _SHORTER)
    for n in sizes:
        where = kinds.RESAMPLED, population.name, waiting(share), n
        if n < needed():
            yield not_shown(*where)
            continue
        drawn = _sides(population, share, n, RESAMPLED[n])
        yield cell(*where, (difference_of_medians_ci95(first.ended, second) for first, second in drawn), true)


def _sides(population: Population, share: float, n: int, repetitions: int) -> Sides:
    first = population.draw(generator(population.name, share, n, "verbal"), (repetitions, n))
    times, ended = sample(population, share, n, "product", repetitions=repetitions)
    return [
        (Waits(verbal.tolist(), []), Waits(wait[is_ended].tolist(), wait[~is_ended].tolist()))
        for verbal, wait, is_ended in zip(first, times * _SHORTER, ended == 1, strict=True)
    ]


def _truth(population: Population, horizon: float) -> tuple[float, float]:
    draw = generator(population.name, "truth")
    first, second = (np.minimum(population.draw(draw, (1, 400_000))[0] * by, horizon) for by in (1, _SHORTER))
    return _pairs(first, second), math.fsum((first.mean(), -second.mean()))


def _pairs(first: Floats, second: Floats) -> float:
    second = np.sort(second)
    sooner, not_later = (np.searchsorted(second, first, side=side) for side in ("left", "right"))
    return float((sooner + not_later).mean()) / 2 / second.size
