"""One open stream: what it has said, and what it says next."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Collection
from random import random
from typing import TYPE_CHECKING, Literal

from flowpilot.live.messages import Message, presence_message

if TYPE_CHECKING:
    from flowpilot.live.audience import Audience

# What a state is of: of a session or a place, or the caller's counts.
Key = tuple[Literal["step", "presence", "counts"], uuid.UUID | None]
Watch = uuid.UUID | Literal["queue"]
_SPREAD = 0.25


class Listener:
    """One open stream. `refusal` says why its credential is no longer valid, once it is not.

    `counts_for` is the user whose counts are sent, if that was asked for. It watches sessions and handoffs by
    their ids, and with `queue` who is at any of them.
    """

    def __init__(
        self, audience: "Audience", credential: str, counts_for: uuid.UUID | None, watch: Collection[Watch]
    ) -> None:
        self.credential = credential
        self.counts_for = counts_for
        self.watching = frozenset(one for one in watch if one != "queue")
        self.watches_queue = "queue" in watch
        self.refusal: str | None = None
        self.woken = asyncio.Event()
        self._audience = audience
        self._said: dict[Key, bytes] = {}
        # An event wakes all streams at once. Their next heartbeats are apart, each a little early.
        self._patience = 1 - _SPREAD * random()  # noqa: S311

    async def follow(self, number: int) -> AsyncIterator[Message | None]:
        """All events after the number, as they come, states that change, and None when it is time for a heartbeat.

        Ends when the credential is refused, and when the server stops.
        """
        while not self._is_over:
            # Before reading, so that a change in the meantime is noticed.
            self.woken.clear()
            messages = await self._audience.behind(number)
            newest = messages[-1].number if messages else number
            messages += [Message(newest, text) for text in self._changed_states()]
            for message in messages:
                yield message
                if self._is_over:
                    return
                number = message.number
            if not messages and not await happens(self.woken, self._patience * self._audience.heartbeat_seconds):
                yield None

    @property
    def _is_over(self) -> bool:
        return self.refusal is not None or self._audience.is_over

    def _changed_states(self) -> list[bytes]:
        """States that this stream has not said yet, and places that everybody has left."""
        states = self._audience.states_for(self)
        changed = [text for key, text in states.items() if self._said.get(key) != text]
        left = [place for what, place in self._said.keys() - states.keys() if what == "presence"]
        self._said = states
        return changed + [presence_message(place) for place in left if place is not None]


async def happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event happens within this many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
