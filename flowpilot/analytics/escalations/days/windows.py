"""What one window has of the handoffs of days: of most, it is remembered."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.days.columns import WAITS, Columns, Figures, Times, together
from flowpilot.analytics.escalations.days.reading import Handoffs
from flowpilot.analytics.escalations.days.settled import (
    Settled,
    both,
    newest_claims,
    newest_shares,
    settled,
)
from flowpilot.analytics.estimates.curves import Floats, Ordered, merged, places_among, spliced
from flowpilot.analytics.estimates.sums import exact_sum
from flowpilot.analytics.period import Window
from flowpilot.analytics.statistics import Survival
from flowpilot.analytics.summed.large import MANY
from flowpilot.analytics.summed.moments import DAY, moment


class GroupedWaits(NamedTuple):
    """Waits in their order, and the place of each one's group among the numbers."""

    waits: Ordered
    groups: NDArray[np.int32]
    numbers: Times


class HandoffsOfWindow:
    """The window's handoffs: those that have settled, and the few others, which are looked at again."""

    def __init__(self, found: Handoffs, window: Window, known: Settled | None) -> None:
        """Take the window's handoffs; `known` is what has settled of the days that lie wholly in it."""
        self.window = window
        start, end, as_of = moment(window.start), moment(window.end), moment(window.as_of)
        edges = [
            one.day
            for one in found.clean
            if one.begins < start < one.begins + DAY or one.begins < end < one.begins + DAY
        ]
        near = (*edges, *found.between)
        self._known, self._near = known, together(one.parts for one in near).within(start, end).columns()
        self._group_handoffs = {n: handoff for one in near for n, handoff in one.group_handoffs.items()}
        if known is None:
            self._rest = Figures(self._near, as_of)
            return
        rest = known.moving.first_claims(start).with_more(self._near)
        n = {"created": self._near.created["closed_at"].size, "claimed": self._near.claimed["closed_at"].size}
        is_open = {
            name: np.concatenate((mask, np.ones(n[WAITS[name][0]], dtype=bool)))
            for name, mask in known.is_open.items()
        }
        self._rest = Figures(rest, as_of, is_open)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """All counts, by the names of the statement over rows."""
        counts = self._rest.counts()
        return (
            counts if self._known is None else {name: n + self._known.counts[name] for name, n in counts.items()}
        )

    @property
    def is_large(self) -> bool:
        """Whether its estimates take so long that others should not wait for them."""
        return self.counts["n_created"] + self.counts["n_handoffs_claimed"] > MANY

    def row(self, more: Mapping[str, Any]) -> Any:
        """What the statement over rows finds, without the waits, and with `more` columns."""
        oldest = self._rest.oldest_pending_seconds()
        return SimpleNamespace(**self.counts, **more, oldest_pending_seconds=oldest)

    def ordered(self, name: str) -> Ordered:
        """The waits of this name, in their order."""
        if name == "to_action":
            return self.by_group.waits
        few, _ = self._rest.waits(name)
        return few if self._known is None else merged(self._known.waits[name], few)

    @cached_property
    def by_group(self) -> GroupedWaits:
        """The waits from the creation to the first action."""
        few, groups = self._rest.waits("to_action")
        if (known := self._known) is None:
            return GroupedWaits(few, groups, self._rest.numbers)
        many = known.waits["to_action"]
        places = places_among(many, few)
        return GroupedWaits(
            merged(many, few, places),
            spliced(known.groups_of_waits, groups + np.int32(known.numbers.size), places),
            np.concatenate((known.numbers, self._rest.numbers)),
        )

    def survival(self, name: str) -> Survival:
        """The estimate of the waits of this name."""
        return Survival(self.ordered(name))

    def all_actions(self) -> tuple[Floats, float]:
        """The times to first action of handoffs that were ever acted on, in order, and their sum."""
        few = np.sort(self._rest.all_actions())
        if self._known is None:
            return few, float(exact_sum(few))
        # What has settled was acted on, or never will be.
        many, is_ended = self._known.waits["action"]
        many = many if is_ended.all() else many[is_ended]
        times = spliced(many, few, np.searchsorted(many, few) + np.arange(few.size))
        return times, float(self._known.all_actions + exact_sum(few))

    def working_waits(self, names: Sequence[str]) -> Any:
        """The columns of `working_waits`, of these names."""
        found = {}
        for name in names:
            few = self._rest.working_waits(name)
            for column, values in few.items():
                more = () if self._known is None else (self._known.working[name][column],)
                found[f"{name}_{column}"] = np.concatenate((*more, values))
        return SimpleNamespace(**found)

    def groups(self) -> list[Mapping[str, Any]]:
        """The counts of each group, with its number: some of it in one, and the rest in another."""
        return [*(() if self._known is None else self._known.groups), *self._rest.groups]

    def handoff_of_group(self, number: int) -> UUID:
        """One of the group's handoffs, which has its words."""
        found = self._group_handoffs.get(number)
        if found is None:
            assert self._known is not None
            return self._known.group_handoffs[number]
        return found

    def newest_claims(self) -> Columns:
        """Some columns of the newest handoffs that somebody holds or held, in their order."""
        near = newest_claims(self._near.claimed)
        return near if self._known is None else both(self._known.newest_claims, near, "claimed_at")

    def newest_shares(self) -> Columns:
        """The completeness of the newest handoffs, in their order."""
        near = newest_shares(self._near.created)
        return near if self._known is None else both(self._known.newest_shares, near, "created_at")


async def of_window(found: Handoffs, window: Window) -> HandoffsOfWindow:
    """The window's handoffs; what has settled of its days is remembered."""
    start, end = moment(window.start), moment(window.end)
    within = [one for one in found.clean if start <= one.begins and one.begins + DAY <= end]
    known = await settled(found.account_id, within, moment(window.as_of)) if within else None
    return HandoffsOfWindow(found, window, known)
