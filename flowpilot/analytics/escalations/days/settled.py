"""What is computed once of days that lie wholly in a window, for every later moment.

Most handoffs have long ended: whatever is asked of them at a later moment has the same answer. Only those that
may still change are looked at again, `moving`. Of these, too, a wait that has ended stays as it is, so it is among
the waits that have settled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.days.columns import (
    WAITS,
    Columns,
    Figures,
    Mask,
    Rows,
    Times,
    together,
)
from flowpilot.analytics.escalations.days.reading import CleanDay
from flowpilot.analytics.escalations.quality import NEWEST
from flowpilot.analytics.estimates.curves import Ordered
from flowpilot.analytics.estimates.sums import exact_sum
from flowpilot.analytics.summed.large import MANY, in_thread
from flowpilot.analytics.summed.memory import Key, memory
from flowpilot.analytics.summed.moments import DAY
from flowpilot.handoffs.days.records import NEVER


@dataclass(frozen=True, slots=True)
class Settled:
    """The figures of handoffs that have ended by a moment, and the columns of the others.

    `waits` are those that have settled, whether the rest of their handoff has or not. `groups_of_waits` are of
    those from the creation to the first action, as places among the `numbers` of groups. `is_open` says which
    waits of the others have not.
    `newest_claims` and `newest_shares` have some columns of the newest handoffs, those that move among them.
    """

    as_of: int
    counts: Mapping[str, int]
    waits: Mapping[str, Ordered]
    groups_of_waits: NDArray[np.int32]
    numbers: Times
    all_actions: Fraction
    working: Mapping[str, Columns]
    groups: Sequence[Mapping[str, Any]]
    group_handoffs: Mapping[int, UUID]
    moving: Rows
    is_open: Mapping[str, Mask]
    newest_claims: Columns
    newest_shares: Columns

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""
        columns = (self.newest_claims, self.newest_shares, self.is_open, *self.working.values())
        arrays = chain(*self.waits.values(), *(each.values() for each in columns))
        others = self.groups_of_waits.nbytes + self.numbers.nbytes + self.moving.n_bytes
        found: int = sum(array.nbytes for array in arrays) + others + 1_000 * (1 + len(self.groups))
        return found


async def settled(account_id: UUID, days: Sequence[CleanDay], as_of: int) -> Settled:
    """What is known of these days, of an account, by an earlier moment than this, or by it."""
    # Days without a handoff have the same version.
    key: Key = account_id, "settled", b"".join(one.begins.to_bytes(8, signed=True) + one.version for one in days)
    found: Settled | None = memory.get(key)
    if found is None or found.as_of > as_of:
        n = sum(part.size for one in days for part in one.day.parts.values())
        found = await in_thread(n > MANY, partial(_settle, days, as_of))
        memory.keep(key, found, found.n_bytes)
    return found


def _settle(days: Sequence[CleanDay], as_of: int) -> Settled:
    records = together(one.day.parts for one in days)
    rows = records.columns()
    created, claimed, claims = rows.created, rows.claimed, rows.claims
    is_first = claims["previous_at"] == NEVER
    ended = {
        "created": _ended(created, as_of, "claimed_at", "first_action_at", "claimant_action_at"),
        "claimed": _ended(claimed, as_of, "first_action_at", "claimant_action_at")
        & ((claimed["again_at"] <= as_of) | (claimed["again_at"] > claimed["closed_at"] + 7 * DAY)),
        "claims": is_first & (claims["released_at"] <= as_of),
    }
    # One whose claim before is on these days, too, counts there.
    is_counted = claims["previous_at"] < days[0].begins
    figures = Figures(records.taken(ended).columns(), as_of)
    moving = records.taken(
        {name: ~mask & is_counted if name == "claims" else ~mask for name, mask in ended.items()}
    ).columns()
    waits, groups_of_waits = _settled_waits(rows, as_of)
    return Settled(
        as_of=as_of,
        counts=figures.counts(),
        waits=waits,
        groups_of_waits=groups_of_waits,
        numbers=rows.numbers,
        all_actions=exact_sum(waits["action"].times[waits["action"].is_ended]),
        working={name: figures.working_waits(name) for name in ("claim", "action", "claimant")},
        groups=figures.groups,
        group_handoffs={number: handoff for one in days for number, handoff in one.day.group_handoffs.items()},
        moving=moving,
        is_open=Figures(moving, as_of).open(),
        newest_claims=newest_claims(claimed),
        newest_shares=newest_shares(created),
    )


def _settled_waits(rows: Rows, as_of: int) -> tuple[Mapping[str, Ordered], NDArray[np.int32]]:
    is_settled = {name: ~mask for name, mask in Figures(rows, as_of).open().items()}
    found = {name: Figures(rows, as_of, is_settled).waits(name) for name in WAITS}
    return {name: waits for name, (waits, _) in found.items()}, found["to_action"][1]


def _ended(rows: Columns, as_of: int, *actions: str) -> Mask:
    """Whether all of it lies before the moment, and nothing is left to happen."""
    is_known, is_acted = rows["closed_at"] <= as_of, rows[actions[0]] != NEVER
    for name in actions:
        is_known &= rows[name] <= as_of
        is_acted &= rows[name] != NEVER
    found: Mask = is_known & ((rows["closed_at"] != NEVER) | is_acted)
    return found


def newest_claims(claimed: Columns) -> Columns:
    """What is asked of the newest ones that somebody holds or held, in their order."""
    return _last(claimed, np.flatnonzero(claimed["has_claimant"]), "claimed_at")


def newest_shares(created: Columns) -> Columns:
    """The completeness of the newest ones, in their order."""
    return _last(created, np.arange(created["created_at"].size), "created_at")


_NEWEST = {
    "claimed_at": ("claimed_at", "closed_at", "id", "n_taken", "n_repeated"),
    "created_at": ("created_at", "share"),
}


def _last(rows: Columns, places: Any, at: str) -> Columns:
    # Those of a moment are of one day, or of one stretch between days, and in their order.
    order = places[np.argsort(rows[at][places], kind="stable")][-NEWEST:]
    return {name: rows[name][order] for name in _NEWEST[at]}


def both(first: Columns, second: Columns, at: str) -> Columns:
    """The newest of both."""
    rows = {name: np.concatenate((first[name], second[name])) for name in _NEWEST[at]}
    return _last(rows, np.arange(rows[at].size), at)
