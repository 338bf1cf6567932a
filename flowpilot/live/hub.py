"""The hub: hands each account's news to its open streams.

An announcement says that there is something new. One task an account then reads it, once for all of the
account's streams, and wakes them; each takes what comes after its own number. So a stream is a number, not a
queue, and a slow one delays nobody. How far a session is and who is where are states: their announcement says
them, and a stream says the newest.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from flowpilot.clock import now
from flowpilot.db.announce import Announcement
from flowpilot.db.listen import listen
from flowpilot.db.session import Database
from flowpilot.errors import FlowPilotError
from flowpilot.identity.actor import Actor
from flowpilot.live.audience import Audience
from flowpilot.live.listener import Listener, Watch
from flowpilot.live.presence.board import Board, Sighting
from flowpilot.live.queries import announced_state

STREAMS_PER_CALLER = 20


class TooManyStreamsError(FlowPilotError):
    """The caller has as many streams open as allowed."""

    status = 429

    def __init__(self) -> None:
        super().__init__(f"You have {STREAMS_PER_CALLER} streams open already. Close one first.")


class Hub:
    """The open streams of this process, and who is present as far as it has heard."""

    def __init__(
        self,
        runtime_url: str,
        database: Database,
        signing_key: str,
        *,
        heartbeat_seconds: float = 15,
        patience_seconds: float = 60,
    ) -> None:
        self.database = database
        self.signing_key = signing_key
        self.heartbeat_seconds = heartbeat_seconds
        self.patience_seconds = patience_seconds
        self.is_stopping = False
        self.board = Board()
        self._runtime_url = runtime_url
        self._audiences: dict[uuid.UUID, Audience] = {}
        self._streams = Counter[str]()
        self._tasks = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve streams for as long as the context lasts."""
        self.is_stopping = False
        try:
            yield
        finally:
            self.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def listen(self, up: Callable[[], None]) -> None:
        """Listen for announcements until cancelled. Otherwise streams get their news at heartbeats."""

        def connected() -> None:
            up()
            self._look_at_everything()

        await listen(self._runtime_url, connected=connected, heard=self._hear)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work in the background, until it is cancelled or the hub stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop(self) -> None:
        """End all streams, now and from now on. Their clients come back on their own."""
        self.is_stopping = True
        for audience in self._audiences.values():
            audience.wake()

    @property
    def n_streams(self) -> int:
        """How many streams are open."""
        return self._streams.total()

    @contextmanager
    def join(
        self, actor: Actor, credential: str, *, counts: bool = False, watch: Collection[Watch] = ()
    ) -> Iterator[Listener]:
        """A verified caller's place, for as long as the context lasts; with `counts`, those are sent too.

        Raises:
            TooManyStreamsError: the caller has too many open.
        """
        if self._streams[actor.caller] >= STREAMS_PER_CALLER:
            raise TooManyStreamsError
        audience = self._audiences.get(actor.account_id)
        if audience is None:
            audience = self._audiences[actor.account_id] = Audience(self, actor.account_id)
        listener = audience.add(credential, actor.user_id if counts else None, watch)
        self._streams[actor.caller] += 1
        try:
            yield listener
        finally:
            self._streams -= Counter([actor.caller])
            audience.remove(listener)
            if not audience.listeners:
                audience.close()
                del self._audiences[actor.account_id]

    def _hear(self, announcement: Announcement) -> None:
        if announcement.topic == "presence" and (sighting := Sighting.read(announcement)):
            # Kept even if nobody watches yet: a page that is opened later shows who is there.
            self.board.note(announcement.account_id, sighting, now())
        audience = self._audiences.get(announcement.account_id)
        if audience is None:
            return
        if announcement.topic == "removals":
            audience.forget()
        elif announcement.topic == "sessions" and (state := announced_state(announcement)):
            audience.watched.move(state)
        else:
            audience.due[announcement.topic].set()

    def _look_at_everything(self) -> None:
        for audience in self._audiences.values():
            # A removal may have been announced meanwhile.
            audience.forget()
            for due in audience.due.values():
                due.set()
