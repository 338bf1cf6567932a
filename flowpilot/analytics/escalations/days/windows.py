"""What one window has of the handoffs of days: of most, it is remembered."""

from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from itertools import chain
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.days.columns import Columns, Figures, Times, together
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
        self._rest = [Figures(self._near, as_of)]
        if known is not None:
            self._rest.append(Figures(known.moving.first_claims(start), as_of, known.is_open))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """All counts, by the names of the statement over rows."""
        parts: list[Mapping[str, int]] = [part.counts() for part in self._rest]
        if self._known is not None:
            parts.append(self._known.counts)
        return {name: sum(part[name] for part in parts) for name in parts[0]}

    @property
    def is_large(self) -> bool:
        """Whether its estimates take so long that others should not wait for them."""
        return self.counts["n_created"] + self.counts["n_handoffs_claimed"] > MANY

    def row(self, more: Mapping[str, Any]) -> Any:
        """What the statement over rows finds, without the waits, and with `more` columns."""
        pending = [part.oldest_pending_seconds() for part in self._rest]
        oldest = max((seconds for seconds in pending if seconds is not None), default=None)
        return SimpleNamespace(**self.counts, **more, oldest_pending_seconds=oldest)

    def ordered(self, name: str) -> Ordered:
        """The waits of this name, in their order."""
        if name == "to_action":
            return self.by_group.waits
        found = [part.waits(name)[0] for part in self._rest]
        if self._known is not None:
            found.append(self._known.waits[name])
        return reduce(lambda few, many: merged(many, few), found)

    @cached_property
    def by_group(self) -> GroupedWaits:
        """The waits from the creation to the first action."""
        found = [GroupedWaits(*part.waits("to_action"), part.numbers) for part in self._rest]
        if (known := self._known) is not None:
            found.append(GroupedWaits(known.waits["to_action"], known.groups_of_waits, known.numbers))
        return reduce(_both_grouped, found)

    def survival(self, name: str) -> Survival:
        """The estimate of the waits of this name."""
        return Survival(self.ordered(name))

    def all_actions(self) -> tuple[Floats, float]:
        """The times to first action of handoffs that were ever acted on, in order, and their sum."""
        few = np.sort(np.concatenate([part.all_actions() for part in self._rest]))
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
            parts: list[Mapping[str, Floats]] = [part.working_waits(name) for part in self._rest]
            if self._known is not None:
                parts.append(self._known.working[name])
            for column in parts[0]:
                found[f"{name}_{column}"] = np.concatenate([part[column] for part in parts])
        return SimpleNamespace(**found)

    def groups(self) -> list[Mapping[str, Any]]:
        """The counts of each group, with its number: some of it in one, and the rest in others."""
        known = () if self._known is None else self._known.groups
        return [*known, *chain.from_iterable(part.groups for part in self._rest)]

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


def _both_grouped(few: GroupedWaits, many: GroupedWaits) -> GroupedWaits:
    places = places_among(many.waits, few.waits)
    return GroupedWaits(
        merged(many.waits, few.waits, places),
        spliced(many.groups, few.groups + np.int32(many.numbers.size), places),
        np.concatenate((many.numbers, few.numbers)),
    )


async def of_window(found: Handoffs, window: Window) -> HandoffsOfWindow:
    """The window's handoffs; what has settled of its days is remembered."""
    start, end = moment(window.start), moment(window.end)
    within = [one for one in found.clean if start <= one.begins and one.begins + DAY <= end]
    known = await settled(found.account_id, within, moment(window.as_of)) if within else None
    return HandoffsOfWindow(found, window, known)
