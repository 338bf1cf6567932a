"""Who is where: kept in memory by each server process, and forgotten when nobody says it again."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from flowpilot.db.announce import Announcement

LIFETIME = timedelta(seconds=45)


class PresenceState(StrEnum):
    """What somebody does at a place."""

    READING = "reading"
    WRITING = "writing"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A page at a place, a session or a handoff, has said what its user does there.

    `order` grows with each that a page says: they may overtake each other on the way.
    """

    place: uuid.UUID
    user_id: uuid.UUID
    page: str
    state: PresenceState
    order: int = 0

    @classmethod
    def read(cls, announcement: Announcement) -> Self | None:
        """The sighting that was announced; None if it is not one."""
        try:
            place, user, page, state, order = announcement.details
            return cls(uuid.UUID(place), uuid.UUID(user), page, PresenceState(state), int(order))
        except ValueError:
            return None


_Page = tuple[uuid.UUID, uuid.UUID, str]
_Seen = OrderedDict[_Page, tuple[Sighting, datetime]]


class Board:
    """The sightings of all accounts: in each the oldest first, and first the account that is silent longest."""

    def __init__(self) -> None:
        self._accounts = OrderedDict[uuid.UUID, _Seen]()

    def note(self, account_id: uuid.UUID, sighting: Sighting, at: datetime) -> None:
        """Note a sighting unless a later one of its page came first, and forget what is too old."""
        seen = self._accounts.setdefault(account_id, OrderedDict())
        page = (sighting.place, sighting.user_id, sighting.page)
        if page in seen and seen[page][0].order > sighting.order:
            return
        # Who has left is remembered for a while, too: what they did before may only come now.
        seen[page] = sighting, at
        seen.move_to_end(page)
        self._accounts.move_to_end(account_id)
        self._forget(at)

    def of(self, account_id: uuid.UUID, at: datetime) -> dict[uuid.UUID, dict[uuid.UUID, PresenceState]]:
        """What each user does at each place of an account. Who writes on one page is writing."""
        self._forget(at)
        found: dict[uuid.UUID, dict[uuid.UUID, PresenceState]] = {}
        for sighting, said_at in self._accounts.get(account_id, OrderedDict()).values():
            if sighting.state == PresenceState.LEFT or said_at <= at - LIFETIME:
                continue
            people = found.setdefault(sighting.place, {})
            if people.get(sighting.user_id) != PresenceState.WRITING:
                people[sighting.user_id] = sighting.state
        return found

    def _forget(self, at: datetime) -> None:
        """Forget from the silent end on, up to the first account that still has something."""
        for account_id in list(self._accounts):
            seen = self._accounts[account_id]
            while seen and next(iter(seen.values()))[1] <= at - LIFETIME:
                seen.popitem(last=False)
            if seen:
                return
            del self._accounts[account_id]
