"""Where simulated times come from: invented distributions, and real times that are drawn again."""

import csv
import gzip
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
        sample = self.draw(generator(self.name, "quantile"), (1, 1_000_000))
        return float(np.quantile(sample, level, method="inverted_cdf"))

    def restricted_mean(self, horizon: float) -> float:
        """The true mean of the times, each cut off at the horizon."""
        sample = self.draw(generator(self.name, "restricted"), (1, 1_000_000))
        return float(np.minimum(sample, horizon).mean())


def generator(*names: object) -> np.random.Generator:
    """Random numbers of their own for each cell of the table, so that a new row changes no other."""
    return np.random.default_rng([SEED, crc32(repr(names).encode())])


def _lognormal(sigma: float, title: str) -> Population:
    return Population(title, lambda rng, shape: rng.lognormal(0, sigma, shape), math.exp(sigma**2 / 2))


def _mixed(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return np.where(rng.random(shape) < 0.9, rng.exponential(1, shape), rng.exponential(20, shape))


INVENTED = (
    Population("even (uniform)", lambda rng, shape: rng.uniform(0, 1, shape), 0.5),
    Population("symmetric (normal)", lambda rng, shape: rng.normal(10, 2, shape), 10),
    Population("waiting for a call (exponential)", lambda rng, shape: rng.exponential(1, shape), 1),
    _lognormal(0.5, "a little skewed (log-normal, sigma 0.5)"),
    _lognormal(1, "skewed (log-normal, sigma 1)"),
    _lognormal(1.5, "very skewed (log-normal, sigma 1.5)"),
    Population("a long tail (Weibull, shape 0.5)", lambda rng, shape: rng.weibull(0.5, shape), 2),
    Population("nine quick ones, then a slow one", _mixed, 0.9 + 0.1 * 20),
)


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
