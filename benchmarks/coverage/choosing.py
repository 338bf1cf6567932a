"""`python -m benchmarks.coverage.choosing`: with which numbers the rule `mean_interval` was chosen.

None of these distributions, nor this seed, is one of docs/intervals.md, so what stands there was not chosen for.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest.mock import patch

import numpy as np

from benchmarks.coverage.cells import covers
from benchmarks.coverage.populations import Floats, Population
from flowpilot.analytics.estimates.means import hall, moments
from flowpilot.analytics.metrics import METRICS

_SEED = 4171
_REPETITIONS = 4000
# What is aimed at lies a point above the promise, for what was not tried.
_AIM = 0.94
_MISSING = (0, 0.5, 1, 2)
_ANY_SIZES = (100, 150, 200, 300, 500, 1000)
_BOUNDED_SIZES = (20, 30, 50, 100, 200)


def _lognormal(sigma: float) -> Population:
    return Population(
        f"log-normal, sigma {sigma}", lambda rng, shape: rng.lognormal(0, sigma, shape), math.exp(sigma**2 / 2)
    )


def _mixed(slow: float, longer: float) -> Population:
    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        return np.where(rng.random(shape) < slow, longer, 1) * rng.exponential(1, shape)

    return Population(f"{slow:.0%} take {longer} times as long", draw, 1 - slow + slow * longer)


def _chosen(name: str, of_each: tuple[float, ...]) -> Population:
    values = tuple(float(place) for place in range(1, len(of_each) + 1))
    true = sum(value * part for value, part in zip(values, of_each, strict=True))
    return Population(name, lambda rng, shape: rng.choice(values, shape, p=of_each), true)


ANY = (
    Population("gamma, shape 0.5", lambda rng, shape: rng.gamma(0.5, 1, shape), 0.5),
    Population("Weibull, shape 0.7", lambda rng, shape: rng.weibull(0.7, shape), math.gamma(1 + 1 / 0.7)),
    Population("geometric", lambda rng, shape: rng.geometric(0.2, shape).astype(float), 5),
    Population("Pareto, shape 3.5", lambda rng, shape: rng.pareto(3.5, shape), 1 / 2.5),
    _lognormal(0.75),
    _lognormal(1.25),
    _mixed(0.05, 10),
    _mixed(0.2, 8),
)
BOUNDED = (
    _chosen("stars, most of them 5", (0.02, 0.02, 0.04, 0.12, 0.8)),
    _chosen("stars, few of them 1", (0.1, 0.1, 0.2, 0.4, 0.2)),
    Population("beta, 2 and 1", lambda rng, shape: rng.beta(2, 1, shape), 2 / 3),
    Population("beta, 6 and 1", lambda rng, shape: rng.beta(6, 1, shape), 6 / 7),
    Population("uniform up to 1.5, cut at 1", lambda rng, shape: np.minimum(rng.uniform(0, 1.5, shape), 1), 2 / 3),
)


def coverage(population: Population, n: int) -> float:
    """Of Hall's interval, whatever the rule says."""
    drawn = population.draw(np.random.default_rng([_SEED, n]), (_REPETITIONS, n))
    sums = zip(*(np.sum(drawn**power, axis=1).tolist() for power in (1, 2, 3)), strict=True)
    found = (moments(n, *each) for each in sums)
    hits = [covers(hall(one), population.mean) for one in found if one.spread]
    return sum(hits) / len(hits)


def _missing(cases: float) -> AbstractContextManager[object]:
    return patch.dict(
        METRICS, mean_interval=METRICS["mean_interval"].model_copy(update={"per_squared_skewness": cases})
    )


def lines() -> Iterator[str]:
    """A line for each number of missing cases and each size: the lowest coverage, the highest, and of what."""
    for title, populations, sizes in (
        ("no upper limit", ANY, _ANY_SIZES),
        ("two limits", BOUNDED, _BOUNDED_SIZES),
    ):
        for cases in _MISSING:
            with _missing(cases):
                for n in sizes:
                    found = sorted((coverage(one, n), one.name) for one in populations)
                    (low, worst), (high, widest) = found[0], found[-1]
                    is_enough = "  <- enough" if low >= _AIM else ""
                    yield (
                        f"{title}; {cases} cases missing for each squared skewness; n = {n}: "
                        f"{low:.1%} ({worst}) to {high:.1%} ({widest}){is_enough}"
                    )


if __name__ == "__main__":
    for line in lines():
        print(line)
