"""Kaplan-Meier curves, medians and p95s with their intervals, and the differences of two medians.

`quantiles` says of many samples at once what the product's `kaplan_meier` says of one; a test compares them.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell, cell
from benchmarks.coverage.populations import REPETITIONS, SIZES, Floats, Population, generator
from flowpilot.analytics.estimates.comparison import compare
from flowpilot.analytics.estimates.quantiles import ends_for_difference, quantile_ci95, steps
from flowpilot.analytics.statistics import Bounds, Estimate

Z95 = 1.959963984540054
_TOLERANCE = 1e-12
_SHARES = np.arange(0.05, 0.951, 0.05)
# What the second side's times are of the first's.
_HALF = 0.5


class Curves(NamedTuple):
    """The curve of each sample after each of its times, with its log-log band, nan where that is undefined."""

    times: Floats
    alive: Floats
    low: Floats
    high: Floats


class Quantiles(NamedTuple):
    """A quantile of each sample, infinite if the curve does not get there, and its interval.

    An end that the band does not reach is 0 or infinite, and claims nothing.
    """

    value: Floats
    low: Floats
    high: Floats


def curves(times: Floats, ended: Floats) -> Curves:
    """Equal times may be taken one after the other: the curve and Greenwood's sum at the last are the same."""
    n = times.shape[1]
    order = np.lexsort((1 - ended, times), axis=1)
    times, ended = np.take_along_axis(times, order, 1), np.take_along_axis(ended, order, 1)
    at_risk = n - np.arange(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.cumprod(1 - ended / at_risk, axis=1)
        greenwood = np.cumsum(ended / (at_risk * (at_risk - 1)), axis=1)
        power = np.exp(Z95 * np.sqrt(greenwood) / np.log(alive))
        band = alive ** (1 / power), alive**power
    return Curves(times, alive, *(np.where(alive <= _TOLERANCE, np.nan, end) for end in band))


def quantiles(times: Floats, ended: Floats, level: float) -> Quantiles:
    """The quantile of each row, shortest wait at which the curve is at or below 1 - `level`."""
    found = curves(times, ended)
    low = np.where(found.alive <= _TOLERANCE, 0.0, np.nan_to_num(found.low, nan=1.0))
    high = np.where(found.alive <= _TOLERANCE, 1.0, np.nan_to_num(found.high, nan=1.0))
    value, first, last = (_first(found.times, curve, 1 - level) for curve in (found.alive, low, high))
    return Quantiles(value, np.where(np.isinf(first), 0.0, first), last)


def _first(times: Floats, curve: Floats, level: float) -> Floats:
    reached = curve <= level + _TOLERANCE
    return np.where(reached.any(axis=1), times[np.arange(len(times)), reached.argmax(axis=1)], np.inf)


def median_cells(
    population: Population, share: float, sizes: tuple[int, ...] = SIZES, repetitions: int = REPETITIONS
) -> Iterator[Cell]:
    """The median, the p95 and the curve of one sample, and the difference of the medians of two."""
    where = population.name, waiting(share)
    middle, far = population.quantile(0.5), population.quantile(0.95)
    for n in sizes:
        times, ended = sample(population, share, n, "one", repetitions=repetitions)
        found = quantiles(times, ended, 0.5)
        yield cell(kinds.MEDIAN, *where, n, ((_end(a), _end(b)) for _, a, b in zip(*found, strict=True)), middle)
        intervals = (
            quantile_ci95(steps(row[is_ended], row[~is_ended]), 0.95)
            for row, is_ended in zip(times, ended == 1, strict=True)
        )
        yield cell(kinds.P95, *where, n, intervals, far)
        yield Cell(kinds.CURVE, *where, n, *_of_curve(population, curves(times, ended)))
        first, second = (
            sample(population, share, n, side, repetitions=repetitions) for side in ("first", "second")
        )
        yield cell(kinds.DIFFERENCE_OF_MEDIANS, *where, n, _differences(first, second), middle * (1 - _HALF))


def _of_curve(population: Population, found: Curves) -> tuple[float, float]:
    """How often there is a band at the times at which the true curve has each share, and how often it covers.

    That is of all bands together: at the far end there are few, and those are of samples that last too long.
    """
    rows, shown, hits = np.arange(len(found.times)), 0, 0
    for true in _SHARES:
        at = population.quantile(1 - true)
        place = np.sum(found.times <= at, axis=1) - 1
        low, high = (np.where(place >= 0, end[rows, np.maximum(place, 0)], np.nan) for end in found[2:])
        # A curve ends at its last time, and has a band where it has fallen, but not to zero.
        is_shown = (found.times[:, -1] >= at) & ~np.isnan(low) & ~np.isnan(high) & (high < 1)
        shown += int(is_shown.sum())
        hits += int(np.sum((low <= true + _TOLERANCE) & (true - _TOLERANCE <= high) & is_shown))
    return shown / (_SHARES.size * rows.size), hits / shown


def _differences(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Iterator[Bounds | None]:
    sides = _estimates(*first), _estimates(second[0] * _HALF, second[1])
    for new, old in zip(*sides, strict=True):
        yield compare("time_to_resolution", new, old, 12).difference_ci95


def _estimates(times: Floats, ended: Floats) -> Iterator[Estimate]:
    n, values = times.shape[1], quantiles(times, ended, 0.5).value
    for row, is_ended, value in zip(times, ended == 1, values.tolist(), strict=True):
        is_reached = math.isfinite(value)
        ends = ends_for_difference(steps(row[is_ended], row[~is_ended]), 0.5, value) if is_reached else None
        yield Estimate(value if is_reached else None, n, None, ends=ends)


def waiting(share: float) -> str:
    """How the condition is called."""
    return f"{share:.0%} still waiting" if share else "none waiting"


def sample(
    population: Population, share: float, n: int, *names: object, repetitions: int = REPETITIONS
) -> tuple[Floats, Floats]:
    """Times as they are seen, and whether each has ended: watched for a time of its own, as in a queue."""
    draw = generator(population.name, share, n, *names)
    times = population.draw(draw, (repetitions, n))
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


def _end(value: float) -> float | None:
    return float(value) if value and math.isfinite(value) else None
