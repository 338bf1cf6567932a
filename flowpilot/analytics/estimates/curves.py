"""The Kaplan-Meier curve of waits and its band: the figures of SciPy's `ecdf`, in a twentieth of its time."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Numbers = Sequence[float] | Floats

_Kind = TypeVar("_Kind", bound=np.generic)

# SciPy's `ndtri(0.975)`; Python's own differs in its last digit.
_Z95 = 1.959963984540054

# From so many times on, only those are looked at where the share is between two: if so many are left at the first.
_MANY, LOW = 2_000, 0.4
_PARTS = ((8_000, 0.52, 0.48), (_MANY // 4, 0.6, LOW))


class Ordered(NamedTuple):
    """Waits, the shortest first, and whether each has ended; of equal ones, those that have come first."""

    times: Floats
    is_ended: NDArray[np.bool_]


class Weighted(NamedTuple):
    """Different times of waits, the shortest first: how many ended then, and how many are censored there."""

    times: Floats
    ended: NDArray[np.int64]
    censored: NDArray[np.int64]

    @property
    def ordered(self) -> Ordered:
        """Each of the waits."""
        counts = np.stack((self.ended, self.censored), axis=1).ravel()
        is_ended = np.tile([True, False], self.times.size)
        return Ordered(np.repeat(np.repeat(self.times, 2), counts), np.repeat(is_ended, counts))


def in_order(ended: Numbers, censored: Numbers) -> Ordered:
    """These waits in their order."""
    ends, others = (np.sort(np.asarray(each, dtype=np.float64)) for each in (ended, censored))
    # Each after those of its kind, and after as many of the other kind as come before it.
    is_ended = np.ones(ends.size + others.size, dtype=bool)
    is_ended[np.arange(others.size) + np.searchsorted(ends, others, side="right")] = False
    times = np.empty(is_ended.size)
    times[~is_ended], times[is_ended] = others, ends
    return Ordered(times, is_ended)


def merged(many: Ordered, few: Ordered, places: Places | None = None) -> Ordered:
    """Both together, in their order: none is sorted again. `places` are those of the few, if they are known."""
    places = places_among(many, few) if places is None else places
    return Ordered(spliced(many.times, few.times, places), spliced(many.is_ended, few.is_ended, places))


def places_among(many: Ordered, few: Ordered) -> Places:
    """Where each of the few is when both are together."""
    first, last = (np.searchsorted(many.times, few.times, side=side) for side in ("left", "right"))
    places: Places = np.where(few.is_ended, first, last) + np.arange(few.times.size)
    return places


def spliced(many: NDArray[_Kind], few: NDArray[_Kind], places: Places) -> NDArray[_Kind]:
    """All of them, with the few at these places."""
    found = np.empty(many.size + few.size, many.dtype)
    is_of_many = np.ones(found.size, dtype=bool)
    is_of_many[places] = False
    found[places], found[is_of_many] = few, many
    return found


class Counted(NamedTuple):
    """For each time at which waits ended or are censored: the share that waits on, how many ended, of how many.

    Source: Kaplan and Meier (1958), JASA 53, 457-481.
    """

    times: Floats
    shares: Floats
    ended: NDArray[np.int64]
    at_risk: NDArray[np.int64]


def counted(waits: Ordered | Weighted) -> Counted:
    """The curve of these waits, of which there is at least one."""
    if isinstance(waits, Weighted):
        left = np.cumsum((waits.ended + waits.censored)[::-1])[::-1]
        shares = shares_of(waits.ended, left, is_all=not waits.censored.any())
        return Counted(waits.times, shares, waits.ended, left)
    return _counted(waits, waits.times.size, is_all=bool(waits.is_ended.all()))


def beginning(waits: Ordered, most: int) -> Counted:
    """The same of about so many of these waits, the shortest: what their curve begins with, to the last digit."""
    # Equal ones are together.
    end = int(np.searchsorted(waits.times, waits.times[most]))
    first = Ordered(waits.times[:end], waits.is_ended[:end])
    return _counted(first, waits.times.size, is_all=bool(waits.is_ended.all()))


def _counted(waits: Ordered, n: int, *, is_all: bool) -> Counted:
    """The curve of so many waits at these, which are all of them or the shortest."""
    times, is_ended = waits
    is_new = np.greater(times[1:], times[:-1])
    if is_new.all():
        at_risk, number = np.arange(n, n - times.size, -1), is_ended.astype(np.int64)
    else:
        first = np.concatenate(([0], 1 + np.flatnonzero(is_new)))
        again = 1 + np.flatnonzero(~is_new)
        # Of equal ones, those that ended come first. The others belong to the last new one before them.
        of_first = again - np.arange(1, again.size + 1)
        number = is_ended[first] + np.bincount(of_first[is_ended[again]], minlength=first.size)
        at_risk, times = n - first, times[first]
    return Counted(times, shares_of(number, at_risk, is_all=is_all), number, at_risk)


def shares_of(ended: NDArray[np.int64], at_risk: NDArray[np.int64], *, is_all: bool) -> Floats:
    """The shares that wait on after each time; `is_all` if all waits have ended."""
    if is_all:
        # Not the product of the shares below, which is as right, and rounded otherwise.
        return np.asarray(1 - np.cumsum(ended) / at_risk[:1], dtype=np.float64)
    return np.asarray(np.cumprod((at_risk - ended) / at_risk), dtype=np.float64)


def variances(ended: NDArray[np.int64], at_risk: NDArray[np.int64]) -> Floats:
    """The sums in Greenwood's variance of each share of a curve; not finite once nobody is left."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sums: Floats = np.cumsum(ended / (at_risk * (at_risk - ended)))
    return sums


def log_log_band(shares: Floats, sums: Floats) -> tuple[Floats, Floats]:
    """The 95 % band of some shares of a curve, of their `variances`; nan if the formula is undefined.

    Source: Sawyer (2003), The Greenwood and Exponential Greenwood Confidence Intervals in Survival Analysis.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(shares)
        variance = 1 / logs**2 * sums
        places, reach = np.log(-logs), _Z95 * np.sqrt(variance)
        low, high = np.exp(-np.exp(places + reach)), np.exp(-np.exp(places - reach))
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def middle(found: Counted) -> slice:
    """Where the band can cross a half: of many waits, a part of the curve is enough.

    While the share is 0.6 or more and enough are left, the lower end is above a half: with x = -log(share), the
    sum of variances is below x / left, so the end is above exp(-x exp(1.96 / sqrt(x * left))). The upper end is
    never below the share; it crosses only after 0.4 if few are left. Of very many, both are nearer.
    """
    shares, at_risk = found.shares, found.at_risk
    if shares.size < _MANY:
        return slice(None)
    for least, high, low in _PARTS:
        first = int(np.argmax(shares < high)) if shares[-1] < high else 0
        if first and at_risk[first] >= max(least, at_risk[0] // 4):
            return slice(first, int(np.argmax(shares < low)) if shares[-1] < low else shares.size)
    return slice(None)
