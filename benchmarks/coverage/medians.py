"""Kaplan-Meier quantiles with their intervals, of many samples at once, and the differences of two medians.

`quantiles` says the same as the product's `kaplan_meier`, which estimates one sample; a test compares them.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.coverage.populations import REPETITIONS, SIZES, Floats, Population, generator
from flowpilot.analytics.statistics import difference_ci95

Z95 = 1.959963984540054
_TOLERANCE = 1e-12


class Quantiles(NamedTuple):
    """A quantile of each sample, infinite if the curve does not get there, and its interval.

    An end that the band does not reach is 0 or infinite, and claims nothing.
    """

    value: Floats
    low: Floats
    high: Floats


class MedianCell(NamedTuple):
    """Coverage at one size, with this share of the times censored."""

    kind: str
    population: str
    censored: float
    n: int
    covered: float


def quantiles(times: Floats, ended: Floats, level: float) -> Quantiles:
    """The quantile of each row, shortest wait at which the curve is at or below 1 - `level`.

    Equal times may be taken one after the other: the curve and Greenwood's sum at the last of them are the same.
    """
    n = times.shape[1]
    order = np.lexsort((1 - ended, times), axis=1)
    times, ended = np.take_along_axis(times, order, 1), np.take_along_axis(ended, order, 1)
    at_risk = n - np.arange(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.cumprod(1 - ended / at_risk, axis=1)
        greenwood = np.cumsum(ended / (at_risk * (at_risk - 1)), axis=1)
        power = np.exp(Z95 * np.sqrt(greenwood) / np.log(alive))
        low = np.where(alive <= _TOLERANCE, 0.0, np.nan_to_num(alive ** (1 / power), nan=1.0))
        high = np.where(alive <= _TOLERANCE, 1.0, np.nan_to_num(alive**power, nan=1.0))
    value, first, last = (_first(times, curve, 1 - level) for curve in (alive, low, high))
    return Quantiles(value, np.where(np.isinf(first), 0.0, first), last)


def _first(times: Floats, curve: Floats, level: float) -> Floats:
    reached = curve <= level + _TOLERANCE
    return np.where(reached.any(axis=1), times[np.arange(len(times)), reached.argmax(axis=1)], np.inf)


def median_cells(populations: tuple[Population, ...], censored: tuple[float, ...]) -> Iterator[MedianCell]:
    """Medians and the p95 of one sample, and the differences of two medians."""
    for population in populations:
        for level, kind in ((0.5, "a median (Kaplan-Meier)"), (0.95, "a p95 (Kaplan-Meier)")):
            true = population.quantile(level)
            for share in censored:
                for n in SIZES:
                    found = quantiles(*sample(population, share, n, kind), level)
                    hits = (found.low <= true) & (true <= found.high)
                    yield MedianCell(kind, population.name, share, n, float(hits.mean()))
        for share in censored:
            for n in SIZES:
                yield _difference(population, share, n)


def sample(population: Population, share: float, n: int, *names: object) -> tuple[Floats, Floats]:
    """Times as they are seen, and whether each has ended: watched for a time of its own, as in a queue."""
    draw = generator(population.name, share, n, *names)
    times = population.draw(draw, (REPETITIONS, n))
    if not share:
        return times, np.ones_like(times)
    # Exponential watching times, scaled so that about this share is censored.
    scale = _scale(population, share)
    watched = draw.exponential(scale, times.shape)
    return np.minimum(times, watched), (times <= watched).astype(float)


def watched(population: Population, share: float, part: float) -> float:
    """Until when this part of the cases would still be watched."""
    return math.inf if not share else -math.log(part) * _scale(population, share)


def _scale(population: Population, share: float) -> float:
    draw = generator(population.name, "scale", share)
    times, unit = population.draw(draw, (1, 20_000)), draw.exponential(1, (1, 20_000))
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if np.mean(times > unit * math.exp(middle)) < share else (middle, high)
    return math.exp(low)


def _difference(population: Population, share: float, n: int) -> MedianCell:
    """Of a sample and another that takes half as long, through the two intervals."""
    true = population.quantile(0.5) / 2
    first = quantiles(*sample(population, share, n, "first"), 0.5)
    second = quantiles(*sample(population, share, n, "second"), 0.5)
    hits = shown = 0
    for value1, low1, high1, value2, low2, high2 in zip(*first, *(side / 2 for side in second), strict=True):
        if math.isinf(value1) or math.isinf(value2):
            continue
        shown += 1
        low, high = difference_ci95(value1, (_end(low1), _end(high1)), value2, (_end(low2), _end(high2)))
        hits += (low is None or low <= true) and (high is None or true <= high)
    kind = "a difference of two medians (Zou and Donner)"
    return MedianCell(kind, population.name, share, n, hits / shown if shown else math.nan)


def _end(value: float) -> float | None:
    return float(value) if value and math.isfinite(value) else None
