"""What the follow-up needs of the sessions of a day, which a server remembers.

It is made for one moment, and holds for every later one: what had ended by then is counted, and of the others each
is kept. For an earlier moment it is made again, which leaves more of them as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.records.sessions import (
    Kept,
    Mask,
    Sessions,
    Times,
    bytes_of,
    kept,
    seconds_of,
)
from flowpilot.analytics.summed.moments import DAY
from flowpilot.sessions.records.packed import NEVER, UNKNOWN

PARTS = ("times", "worked", "reopened", "handoffs")
LONGEST = 7 * DAY

# Times are counted in steps, as `rows` has them: below so many seconds, steps of so many.
_STEPS = (60_000.0, 6.0), (600_000.0, 60.0), (np.inf, 600.0)
# How many steps are below each of these, beside those that are counted from zero.
_BELOW = 0, 9_000, 18_000

Numbers = NDArray[np.int32]


def step_of(seconds: Floats) -> Times:
    """The number of the step that a time belongs to."""
    conditions = [seconds < limit for limit, _ in _STEPS]
    steps = [np.rint(seconds / step) + below for (_, step), below in zip(_STEPS, _BELOW, strict=True)]
    return np.select(conditions, steps).astype(np.int64)


def seconds_of_step(steps: NDArray[np.integer]) -> Floats:
    """The time that stands for each step."""
    firsts = [limit / step + below for (limit, step), below in zip(_STEPS, _BELOW, strict=True)]
    seconds = [(steps - below) * step for (_, step), below in zip(_STEPS, _BELOW, strict=True)]
    return np.select([steps < first for first in firsts], seconds).astype(np.float64)


class Counted(NamedTuple):
    """Steps in their order, and how many times belong to each."""

    steps: Numbers
    counts: Numbers


def counted(steps: Times) -> Counted:
    """Count them."""
    found, counts = np.unique(steps, return_counts=True)
    return Counted(found.astype(np.int32), counts.astype(np.int32))


class Later(NamedTuple):
    """Sessions that were resolved after the moment, and how many seconds that took, on the clock and worked."""

    created_at: Times
    resolved_at: Times
    clock: Floats
    worked: Floats


@dataclass(frozen=True, slots=True)
class Opened:
    """Sessions of a calendar day: the times of those that were resolved, and when the others began.

    `worked` is None if all time was working time.
    """

    day: int
    ended: Counted
    worked: Counted | None
    lasting: Kept
    later: Later

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""
        arrays = (*self.ended, *(self.worked or ()), *self.later)
        found: int = sum(array.nbytes for array in arrays) + bytes_of(self.lasting)
        return found + 1_500


class Handed(NamedTuple):
    """Sessions that were handed over before they began, and then perhaps again: when last, and after how long."""

    early_at: Times
    wait: Times


@dataclass(frozen=True, slots=True)
class OpenedDay:
    """The sessions of a day: by calendar day, and what had happened to them at what age.

    `latest` is the last that had happened by the moment for which it was made. `n_handed` had been handed over by
    then, and the others are handed over at `handed_at`. `resolved` and `escalated` are ages of a week at most, in
    their order, and `n_known` are the sessions whose end is known.
    """

    n: int
    n_unknown: int
    latest: int
    days: Sequence[Opened]
    n_handed: int
    handed_at: Times
    resolved: Kept
    escalated: Kept
    early: Handed

    @property
    def n_known(self) -> int:
        """How many sessions ended at a known time, or have not ended."""
        return self.n - self.n_unknown

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""
        days = sum(one.n_bytes for one in self.days)
        found: int = self.handed_at.nbytes + sum(array.nbytes for array in self.early)
        return found + days + bytes_of(self.resolved) + bytes_of(self.escalated) + 2_000


def opened_of(sessions: Sessions, begins: Times, first_day: int, as_of: int) -> OpenedDay:
    """What the report needs of these sessions, made for this moment.

    Args:
        begins: when calendar days begin, from `first_day` on.
    """
    resolved = sessions.resolved_at
    is_unknown = resolved == UNKNOWN
    is_ended = (resolved != NEVER) & (resolved <= as_of)
    handed = sessions.parts["handoffs"]
    # The first of each session.
    _, firsts = np.unique(handed["place"], return_index=True)
    handed_at = handed["created_at"][firsts]
    is_handed = handed_at <= as_of
    resolved_ages, escalated_ages, early = _ages(sessions, is_unknown)
    return OpenedDay(
        n=resolved.size,
        n_unknown=int(np.count_nonzero(is_unknown)),
        latest=max(np.max(times, initial=NEVER) for times in (resolved[is_ended], handed_at[is_handed])),
        days=_by_day(sessions, is_ended, ~is_ended & ~is_unknown, begins, first_day),
        n_handed=int(np.count_nonzero(is_handed)),
        handed_at=handed_at[~is_handed],
        resolved=resolved_ages,
        escalated=escalated_ages,
        early=early,
    )


def _by_day(sessions: Sessions, is_ended: Mask, is_open: Mask, begins: Times, first_day: int) -> list[Opened]:
    created, resolved = sessions.created_at, sessions.resolved_at
    is_later = is_open & (resolved != NEVER)
    clock = np.maximum(0, seconds_of(np.where(is_ended | is_later, resolved, created) - created))
    worked = clock.copy()
    stored = sessions.parts["worked"]
    worked[stored["place"]] = np.maximum(0, stored["work_seconds"])
    steps, worked_steps = step_of(clock), step_of(worked)
    days = np.searchsorted(begins, created, side="right") - 1
    found = []
    edges = np.flatnonzero(np.diff(days, prepend=-2, append=-2)).tolist()
    for first, last in pairwise(edges):
        one = slice(first, last)
        ended, later = is_ended[one], is_later[one]
        if not ended.any() and not is_open[one].any():
            continue
        found.append(
            Opened(
                first_day + int(days[first]),
                counted(steps[one][ended]),
                counted(worked_steps[one][ended]) if stored["place"].size else None,
                kept(created[one][is_open[one] & ~later]),
                Later(*(column[one][later] for column in (created, resolved, clock, worked))),
            )
        )
    return found


def _ages(sessions: Sessions, is_unknown: Mask) -> tuple[Kept, Kept, Handed]:
    """The ages at which sessions were first resolved, and first handed over; and those that were so before."""
    created = sessions.created_at
    solved = np.where(is_unknown, NEVER, sessions.resolved_at)
    again, handed = sessions.parts["reopened"], sessions.parts["handoffs"]
    solved[again["place"]] = again["first_solved_at"]
    resolved = (solved - created)[~is_unknown & (solved != NEVER)]
    is_known = ~is_unknown[handed["place"]]
    place, at = handed["place"][is_known], handed["created_at"][is_known]
    is_early = at < created[place]
    early, last = np.unique(place[is_early][::-1], return_index=True)
    # Never, if there is none after it began.
    first = np.full(created.size, UNKNOWN)
    first[place[~is_early]] = (at - created[place])[~is_early]
    wait = first[early]
    first[early] = UNKNOWN
    return (
        kept(np.sort(resolved[resolved <= LONGEST])),
        kept(np.sort(first[first <= LONGEST])),
        Handed(at[is_early][::-1][last], wait),
    )
