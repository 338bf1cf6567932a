"""Where simulated times come from: invented distributions, and real times that are drawn again."""

import csv
import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SEED = 20260615
REPETITIONS = 2000
SIZES = (10, 30, 100, 1000)

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]


@dataclass(frozen=True, slots=True)
class Population:
    """A distribution of times: how to draw from it, its mean, and a large sample for its other figures."""

    name: str
    draw: Draw
    mean: float

    def quantile(self, level: float) -> float:
        """The true quantile, from a million draws, or exactly that of the real times."""
        sample = _large_sample(self)
        return float(sample[max(0, math.ceil(level * sample.size - 1e-6) - 1)])

    def times(self, factor: float) -> "Population":
        """The same, but each time so much longer or shorter."""

        def draw(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
            return np.multiply(self.draw(rng, shape), factor, dtype=np.float64)

        return Population(self.name, draw, self.mean * factor)


@lru_cache(maxsize=2)
def _large_sample(population: Population) -> Floats:
    return np.sort(population.draw(generator(population.name, "quantile"), (1, 1_000_000))[0])


def generator(*names: object) -> np.random.Generator:
    """Random numbers of their own for each cell of the table, so that a new row changes no other."""
    return np.random.default_rng([SEED, crc32(repr(names).encode())])


def _lognormal(sigma: float, title: str) -> Population:
    return Population(title, lambda rng, shape: rng.lognormal(0, sigma, shape), math.exp(sigma**2 / 2))


def _mixed(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return np.where(rng.random(shape) < 0.9, rng.exponential(1, shape), rng.exponential(20, shape))


def _log_logistic(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    part = rng.random(shape)
    return (part / (1 - part)) ** (1 / 3)


EVEN = Population("even (uniform)", lambda rng, shape: rng.uniform(0, 1, shape), 0.5)
EXPONENTIAL = Population("waiting for a call (exponential)", lambda rng, shape: rng.exponential(1, shape), 1)
SKEWED = _lognormal(1, "skewed (log-normal, sigma 1)")
TWO_KINDS = Population("nine quick ones, then a slow one", _mixed, 0.9 + 0.1 * 20)
INVERSE = Population("until it drifts (inverse Gaussian)", lambda rng, shape: rng.wald(1, 0.5, shape), 1)

INVENTED = (
    EVEN,
    Population("symmetric (normal)", lambda rng, shape: rng.normal(10, 2, shape), 10),
    EXPONENTIAL,
    _lognormal(0.5, "a little skewed (log-normal, sigma 0.5)"),
    SKEWED,
    _lognormal(1.5, "very skewed (log-normal, sigma 1.5)"),
    Population("a long tail (Weibull, shape 0.5)", lambda rng, shape: rng.weibull(0.5, shape), 2),
    TWO_KINDS,
    INVERSE,
    Population("an endless tail (log-logistic, shape 3)", _log_logistic, 2 * math.pi / 3 / math.sqrt(3)),
    Population(
        "steps (negative binomial)", lambda rng, shape: 1 + rng.negative_binomial(2, 0.25, shape).astype(float), 7
    ),
)

_STARS, _OF_EACH = (1.0, 2.0, 3.0, 4.0, 5.0), (0.06, 0.04, 0.1, 0.3, 0.5)
RATINGS = Population("ratings, half of them 5", lambda rng, shape: rng.choice(_STARS, shape, p=_OF_EACH), 4.14)
COMPLETE = Population("completeness (beta)", lambda rng, shape: rng.beta(4, 1, shape), 0.8)


def real(times: Floats) -> Population:
    """Real times, drawn again with replacement."""
    return Population("real times to resolution", lambda rng, shape: rng.choice(times, shape), float(times.mean()))


def read_times(log: Path) -> Floats:
    """Hours from opening to resolution of the incidents in a ServiceNow log (UCI 498)."""
    opened: dict[str, tuple[str, str]] = {}
    with gzip.open(log, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            opened[row["number"]] = row["opened_at"], row["resolved_at"]
    return np.array([_hours(*ends) for ends in opened.values() if ends[1] != "?"])


def _hours(start: str, end: str) -> float:
    first, last = (datetime.strptime(moment, "%d/%m/%Y %H:%M") for moment in (start, end))  # noqa: DTZ007
    return (last - first).total_seconds() / 3600
