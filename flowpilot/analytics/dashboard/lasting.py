"""Which resolutions lasted, of records of sessions: what is remembered of a day, and what a window says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.records.sessions import (
    Kept,
    Mask,
    Sessions,
    Times,
    bytes_of,
    kept,
    numbers_of,
    seconds_of,
)
from flowpilot.analytics.summed.moments import DAY
from flowpilot.sessions.records.packed import NEVER, NO_TICKET, UNKNOWN

PARTS = ("times", "tickets", "fixes", "reopened")
LASTS = 7 * DAY

# Places for each ticket that is there several times: one in so many others is taken for one, and looked up.
_ROOM = 16


@dataclass(frozen=True, slots=True)
class Fixes:
    """How long it took until sessions were fixed, in sums: of whole days and of the rest apart, as in SQL."""

    n: int = 0
    waited: int = 0
    days: int = 0
    microseconds: int = 0
    squares: float = 0.0
    cubes: float = 0.0

    def __add__(self, other: "Fixes") -> "Fixes":
        """Both together."""
        return Fixes(
            self.n + other.n,
            self.waited + other.waited,
            self.days + other.days,
            self.microseconds + other.microseconds,
            self.squares + other.squares,
            self.cubes + other.cubes,
        )

    @property
    def seconds(self) -> float:
        """The sum of the times."""
        return self.microseconds / 1e6 + 86400.0 * self.days


@dataclass(frozen=True, slots=True)
class Solved:
    """Sessions of a day that were solved, and tickets of all its sessions.

    `tickets` were begun at `begun`. Each solved session has its flow's place in `flows`, and its ticket's in
    `tickets`, which is -1 without one. Of those that were reopened, `again` has when, and both resolutions.
    """

    n: int
    flows: Sequence[UUID]
    fixes: Fixes
    tickets: Times
    begun: Kept
    flow: NDArray[np.int16]
    ticket: NDArray[np.int32]
    solved_at: Kept
    again: Mapping[str, Any]

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""
        arrays = (self.tickets, self.flow, self.ticket, *self.again.values())
        found: int = sum(array.nbytes for array in arrays)
        return found + bytes_of(self.begun) + bytes_of(self.solved_at) + 60 * len(self.flows) + 2_000


def solved_of(sessions: Sessions) -> Solved:
    """What a report needs of these."""
    created, resolved = sessions.created_at, sessions.resolved_at
    has_ticket = sessions.parts["tickets"]["ticket"] != NO_TICKET
    ticket = np.where(has_ticket, np.cumsum(has_ticket) - 1, -1).astype(np.int32)
    flow = sessions.parts["tickets"]["flow"].astype(np.int16)
    is_solved = (resolved != NEVER) & (resolved != UNKNOWN)
    is_known = is_solved.copy()
    again = sessions.parts["reopened"]
    is_known[again["place"]] = False
    return Solved(
        created.size,
        sessions.flows,
        _fixes(sessions, is_solved),
        sessions.parts["tickets"]["ticket"][has_ticket],
        kept(created[has_ticket]),
        flow[is_known],
        ticket[is_known],
        kept(resolved[is_known]),
        {
            "flow": flow[again["place"]],
            "ticket": ticket[again["place"]],
            "reopened_at": again["reopened_at"],
            "before": again["solved_at"],
            "resolved_at": np.where(is_solved, resolved, NEVER)[again["place"]],
        },
    )


def _fixes(sessions: Sessions, is_solved: Mask) -> Fixes:
    fixed = sessions.resolved_at.copy()
    fixes = sessions.parts["fixes"]
    fixed[fixes["place"]] = fixes["fix_applied_at"]
    took = (fixed - sessions.created_at)[is_solved]
    # An interval's days and its time are added apart, both towards zero.
    rest = np.fmod(took, DAY)
    seconds = seconds_of(took)
    return Fixes(
        took.size,
        int(np.count_nonzero(is_solved[fixes["place"]])),
        int(((took - rest) // DAY).sum()),
        int(rest.sum()),
        float((seconds**2).sum()),
        float((seconds**3).sum()),
    )


@dataclass(frozen=True, slots=True)
class OfFlow:
    """The resolutions of a flow: how many are old enough, how many of them lasted, and how many are too young."""

    flow_id: UUID | None
    n: int
    lasting: int
    too_young: int


def judged(days: Sequence[Solved], start: int, as_of: int) -> tuple[list[OfFlow], Fixes]:
    """How the resolutions of these days are judged at a moment, and the sums of their fixes."""
    numbers: dict[UUID | None, int] = {None: 0}
    tables = [
        # The last one, which -1 is, has those without a flow.
        np.array([*(numbers.setdefault(flow, len(numbers)) for flow in day.flows), 0], dtype=np.intp)
        for day in days
    ]
    counts = [day.tickets.size for day in days]
    firsts = np.cumsum([0, *counts])[:-1].tolist()
    each = [_resolutions(day, table, first, as_of) for day, table, first in zip(days, tables, firsts, strict=True)]
    flow, ticket, solved_at, is_reopened = (
        np.concatenate([one[place] for one in each]) if each else np.zeros(0, np.int64) for place in range(4)
    )
    is_young = solved_at > as_of - LASTS
    came_back = is_reopened.astype(bool)
    if each:
        tickets = np.concatenate([day.tickets for day in days])
        begun = np.concatenate([numbers_of(day.begun) for day in days])
        came_back |= _begun_again(tickets, begun, ticket, solved_at, start, as_of)
    n, lasting, too_young = (
        np.bincount(flow[mask], minlength=len(numbers)).tolist()
        for mask in (~is_young, ~is_young & ~came_back, is_young)
    )
    flows = [
        OfFlow(flow_id, n[number], lasting[number], too_young[number])
        for flow_id, number in numbers.items()
        if n[number] or too_young[number]
    ]
    return flows, sum((day.fixes for day in days), Fixes())


def _resolutions(day: Solved, table: NDArray[np.intp], first: int, as_of: int) -> Sequence[NDArray[Any]]:
    """The known resolutions: of which flow, with which ticket, when, and whether it was reopened soon."""
    again = day.again
    is_reopened = again["reopened_at"] <= as_of
    solved_at = np.concatenate(
        (numbers_of(day.solved_at), np.where(is_reopened, again["before"], again["resolved_at"]))
    )
    flow, ticket = (
        np.concatenate((own, again[name])) for name, own in (("flow", day.flow), ("ticket", day.ticket))
    )
    soon = np.zeros(solved_at.size, dtype=bool)
    soon[day.flow.size :] = is_reopened & (again["reopened_at"] <= again["before"] + LASTS)
    is_known = (solved_at != NEVER) & (solved_at <= as_of)
    placed = np.where(ticket < 0, -1, ticket + first)
    return table[flow[is_known]], placed[is_known], solved_at[is_known], soon[is_known]


def _begun_again(tickets: Times, begun: Times, of: NDArray[Any], solved_at: Times, start: int, as_of: int) -> Mask:
    """Whether another session of a resolution's ticket began within a week of it.

    Beginnings are not asked whose they are: none is later than its session's resolution. A check constraint says
    so of `resolved_at`, and the history of a session only goes forward.
    """
    found = np.zeros(of.size, dtype=bool)
    is_several = _several(tickets)
    asked = np.flatnonzero((of >= 0) & is_several[of]) if tickets.size else np.zeros(0, np.intp)
    if not asked.size:
        return found
    others = np.flatnonzero(is_several & (begun > start) & (begun <= as_of))
    # In the order of tickets and times, where a beginning is before a resolution of the same moment.
    keys = np.concatenate((tickets[others], tickets[of[asked]]))
    times = np.concatenate((begun[others], solved_at[asked]))
    is_asked = np.arange(keys.size) >= others.size
    ranks = np.empty(keys.size, dtype=np.int64)
    ranks[np.argsort(2 * times + is_asked)] = np.arange(keys.size)
    _, groups = np.unique(keys, return_inverse=True)
    order = np.argsort(groups * keys.size + ranks)
    # The next beginning after each place.
    places = np.where(is_asked[order], keys.size, np.arange(keys.size))
    following = np.minimum.accumulate(places[::-1])[::-1]
    at = np.flatnonzero(is_asked[order])
    following, at = following[at][following[at] < keys.size], at[following[at] < keys.size]
    now, then = order[at], order[following]
    is_soon = (groups[now] == groups[then]) & (times[then] <= times[now] + LASTS)
    found[asked[now[is_soon] - others.size]] = True
    return found


def _several(tickets: Times) -> Mask:
    """Those that are there several times, and a few others."""
    in_order = np.sort(tickets)
    again = in_order[1:][in_order[1:] == in_order[:-1]]
    # By some of its bits, each has a place of its own, but for a few: so nothing is looked up.
    room = 1 << (_ROOM * again.size).bit_length()
    is_several = np.zeros(room, dtype=bool)
    is_several[again & (room - 1)] = True
    found: Mask = is_several[tickets & (room - 1)]
    return found
