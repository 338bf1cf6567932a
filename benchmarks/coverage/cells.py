"""What a simulation has found: one cell for each kind of interval, distribution, condition and size."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from flowpilot.analytics.statistics import Bounds


class Cell(NamedTuple):
    """How often there is an interval, and how often those that there are cover the true value.

    `covered` is None where there never is one, and an average over several true values where `lowest` says what
    the lowest of them is.
    """

    kind: str
    times: str
    condition: str
    n: int
    shown: float
    covered: float | None
    lowest: float | None = None


def cell(kind: str, times: str, condition: str, n: int, found: Iterable[Bounds | None], true: float) -> Cell:
    """The cell of these intervals. An end that is not known claims nothing; of two such there is no interval."""
    intervals = list(found)
    shown = [interval for interval in intervals if interval is not None and interval != (None, None)]
    share = len(shown) / len(intervals)
    return Cell(kind, times, condition, n, share, _share(covers(one, true) for one in shown))


def not_shown(kind: str, times: str, condition: str, n: int) -> Cell:
    """Where the product answers no interval, whatever the cases are."""
    return Cell(kind, times, condition, n, 0.0, None)


def averaged(kind: str, times: str, condition: str, n: int, found: Iterable[tuple[float, float]]) -> Cell:
    """Of the shown and covered shares at several true values: the averages, and the lowest coverage."""
    shown, covered = zip(*((one, other) for one, other in found if one), strict=True)
    return Cell(
        kind, times, condition, n, math.fsum(shown) / len(shown), math.fsum(covered) / len(covered), min(covered)
    )


def covers(interval: Bounds, true: float) -> bool:
    """Whether the true value lies within the ends that are known, but for what is left of rounding."""
    low, high = interval
    room = 1e-9 * max(1.0, abs(true))
    return (low is None or low <= true + room) and (high is None or true <= high + room)


def _share(hits: Iterable[bool]) -> float | None:
    found = list(hits)
    return sum(found) / len(found) if found else None
