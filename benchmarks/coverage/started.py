"""The share that starts faster and the difference of restricted means, as the savings report has them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.coverage.medians import sample, watched
from benchmarks.coverage.populations import REPETITIONS, SIZES, Floats, Population, generator
from flowpilot.analytics.estimates.started import faster_share, restricted_mean_difference
from flowpilot.analytics.statistics import Estimate, Waits

# What the second side's times are of the first's.
_SHORTER = 0.6


class StartedCell(NamedTuple):
    """Coverage at one size; of the difference also how often there is an interval, and how often it is wrong."""

    population: str
    censored: float
    n: int
    share: float
    shown: float
    covered: float
    wrong: float


def started_cells(populations: tuple[Population, ...], censored: tuple[float, ...]) -> Iterator[StartedCell]:
    """Two sides of the same size; the second is shorter, and this share of it still waits."""
    for population in populations:
        for waiting in censored:
            # As in the report: no further than a quarter of the cases would still be watched.
            horizon = min(population.quantile(0.7), _SHORTER * watched(population, waiting, 0.25))
            true_share, true_difference = _truth(population, horizon)
            for n in SIZES:
                shares, differences = zip(*_estimates(population, waiting, n, horizon), strict=True)
                shown = [found for found in differences if found.ci95 is not None]
                hits = sum(_covers(found, true_difference) for found in shown)
                yield StartedCell(
                    population.name,
                    waiting,
                    n,
                    float(np.mean([_covers(found, true_share) for found in shares])),
                    len(shown) / REPETITIONS,
                    hits / len(shown) if shown else np.nan,
                    (len(shown) - hits) / REPETITIONS,
                )


def _estimates(
    population: Population, waiting: float, n: int, horizon: float
) -> Iterator[tuple[Estimate, Estimate]]:
    first = population.draw(generator(population.name, waiting, n, "verbal"), (REPETITIONS, n))
    times, ended = sample(population, waiting, n, "product")
    for verbal, wait, is_ended in zip(first, times * _SHORTER, ended == 1, strict=True):
        sides = Waits(verbal.tolist(), []), Waits(wait[is_ended].tolist(), wait[~is_ended].tolist())
        yield faster_share(*sides, horizon), restricted_mean_difference(*sides, horizon)


def _truth(population: Population, horizon: float) -> tuple[float, float]:
    draw = generator(population.name, "truth")
    first, second = (np.minimum(population.draw(draw, (1, 1_000_000))[0] * by, horizon) for by in (1, _SHORTER))
    return _pairs(first, second), float(first.mean() - second.mean())


def _pairs(first: Floats, second: Floats) -> float:
    second = np.sort(second)
    sooner, not_later = (np.searchsorted(second, first, side=side) for side in ("left", "right"))
    return float((sooner + not_later).mean()) / 2 / second.size


def _covers(found: Estimate, true: float) -> bool:
    low, high = found.ci95 or (None, None)
    return (low is None or low <= true) and (high is None or true <= high)
