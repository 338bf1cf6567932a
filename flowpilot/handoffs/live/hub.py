"""The hub: hands each account's new events to its open streams.

An announcement says only that there is something new. One task an account then reads it, once for all of the
account's streams, and wakes them; each takes what comes after its own number. So a stream is a number, not a
queue, and a slow one delays nobody.
"""

import asyncio
import logging
import uuid
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import takewhile
from typing import Any, get_args

from pydantic import BaseModel

from flowpilot.clock import now
from flowpilot.db.announce import Topic
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.listen import listen
from flowpilot.db.session import Database, ReadDb
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs.events import newest_number
from flowpilot.handoffs.live.messages import Message, counts_message, messages_after
from flowpilot.identity.actor import Actor, Permission, require
from flowpilot.identity.auth import verify
from flowpilot.identity.credentials import parse

# Given from above: handoffs do not know about notifications, which are counted as well.
Count = Callable[[ReadDb, uuid.UUID, Collection[uuid.UUID]], Awaitable[Mapping[uuid.UUID, BaseModel]]]

STREAMS_PER_CALLER = 20

_KEPT = 500
_PAGE = 500
_FIRST_PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class TooManyStreamsError(FlowPilotError):
    """The caller has as many streams open as allowed."""

    status = 429

    def __init__(self) -> None:
        super().__init__(f"You have {STREAMS_PER_CALLER} streams open already. Close one first.")


class Listener:
    """One open stream. `refusal` says why its credential is no longer valid, once it is not.

    `counts_for` is the user whose counts are sent, if that was asked for.
    """

    def __init__(self, hub: "Hub", audience: "_Audience", credential: str, counts_for: uuid.UUID | None) -> None:
        self.credential = credential
        self.counts_for = counts_for
        self.refusal: str | None = None
        self._hub = hub
        self._audience = audience

    async def follow(self, number: int) -> AsyncIterator[Message | None]:
        """All events after the number, as they come, the counts, and None when it is time for a heartbeat.

        Ends when the credential is refused, and when the server stops.
        """
        said: bytes | None = None
        while not self._is_over:
            # Taken before reading, so that a change in the meantime is noticed.
            changed = self._audience.changed
            messages = await self._audience.behind(number)
            counts = self._audience.counts.get(self.counts_for)
            if counts is not None and counts != said:
                said = counts
                messages.append(Message(messages[-1].number if messages else number, counts))
            for message in messages:
                yield message
                if self._is_over:
                    return
                number = message.number
            if not messages and not await _happens(changed, self._hub.heartbeat_seconds):
                yield None

    @property
    def _is_over(self) -> bool:
        return self.refusal is not None or self._hub.is_stopping


class Hub:
    """The open streams of this process."""

    def __init__(
        self,
        runtime_url: str,
        database: Database,
        signing_key: str,
        count: Count,
        *,
        heartbeat_seconds: float = 15,
        patience_seconds: float = 60,
    ) -> None:
        self.database = database
        self.signing_key = signing_key
        self.count = count
        self.heartbeat_seconds = heartbeat_seconds
        self.patience_seconds = patience_seconds
        self.is_stopping = False
        self._runtime_url = runtime_url
        self._audiences: dict[uuid.UUID, _Audience] = {}
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
        """Listen for announcements until cancelled. Otherwise streams get their events at heartbeats."""

        def connected() -> None:
            up()
            self._look_at_everything()

        await listen(self._runtime_url, connected=connected, heard=self._look)

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

    @contextmanager
    def join(self, actor: Actor, credential: str, *, counts: bool = False) -> Iterator[Listener]:
        """A verified caller's place, for as long as the context lasts; with `counts`, those are sent too.

        Raises:
            TooManyStreamsError: the caller has too many open.
        """
        if self._streams[actor.caller] >= STREAMS_PER_CALLER:
            raise TooManyStreamsError
        audience = self._audiences.get(actor.account_id)
        if audience is None:
            audience = self._audiences[actor.account_id] = _Audience(self, actor.account_id)
        listener = Listener(self, audience, credential, actor.user_id if counts else None)
        audience.listeners.add(listener)
        audience.due["notifications"].set()
        self._streams[actor.caller] += 1
        try:
            yield listener
        finally:
            self._streams -= Counter([actor.caller])
            audience.listeners.remove(listener)
            if not audience.listeners:
                audience.close()
                del self._audiences[actor.account_id]

    def _look(self, topic: Topic, account_id: uuid.UUID) -> None:
        if audience := self._audiences.get(account_id):
            audience.due[topic].set()

    def _look_at_everything(self) -> None:
        for audience in self._audiences.values():
            for due in audience.due.values():
                due.set()


class _Audience:
    """The open streams of one account, and its newest events: all after `_floor`."""

    def __init__(self, hub: Hub, account_id: uuid.UUID) -> None:
        self.listeners = set[Listener]()
        self.due: dict[Topic, asyncio.Event] = {topic: asyncio.Event() for topic in get_args(Topic)}
        self.changed = asyncio.Event()
        self.counts: dict[uuid.UUID | None, bytes] = {}
        self._hub = hub
        self._account_id = account_id
        self._recent = deque[Message]()
        self._floor: int | None = None
        # Due at once, because earlier announcements were not heard.
        self.due["handoffs"].set()
        work = {"handoffs": self._read, "access": self._verify, "notifications": self._count}
        self._tasks = [hub.start(self._repeat(work[topic], due)) for topic, due in self.due.items()]

    def close(self) -> None:
        """End the work: nobody listens."""
        for task in self._tasks:
            task.cancel()

    def wake(self) -> None:
        """Have every stream check whether something has changed for it."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def behind(self, number: int) -> list[Message]:
        """The events after a number; the first of them if there are many."""
        if self._floor is None:
            return []
        if number >= self._floor:
            newest_first = list(takewhile(lambda message: message.number > number, reversed(self._recent)))
            return newest_first[::-1]
        try:
            async with self._hub.database.read(self._account_id) as db:
                return await messages_after(db, self._account_id, number, _PAGE)
        except DatabaseUnavailableError:
            return []

    async def _repeat(self, work: Callable[[], Awaitable[None]], due: asyncio.Event) -> None:
        """Do the work whenever it is due and at every heartbeat, once for all that has happened until then."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            await _happens(due, self._hub.heartbeat_seconds)
            due.clear()
            try:
                await work()
                pause = _FIRST_PAUSE_SECONDS
            except Exception as error:
                # Whatever it was, the account's streams must go on.
                if not isinstance(error, DatabaseUnavailableError):
                    _log.exception("the streams of account %s wait", self._account_id)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._hub.heartbeat_seconds)
                due.set()

    async def _read(self) -> None:
        async with self._hub.database.read(self._account_id) as db:
            if self._floor is None:
                self._floor = await newest_number(db, self._account_id)
                self.wake()
                return
            while True:
                newest = self._recent[-1].number if self._recent else self._floor
                messages = await messages_after(db, self._account_id, newest, _PAGE)
                self._recent.extend(messages)
                while len(self._recent) > _KEPT:
                    self._floor = self._recent.popleft().number
                if messages:
                    self.due["notifications"].set()
                    self.wake()
                if len(messages) < _PAGE:
                    return

    async def _count(self) -> None:
        """Count what needs attention, in one query for all listeners who asked for counts."""
        users = {listener.counts_for for listener in self.listeners if listener.counts_for is not None}
        if not users:
            return
        async with self._hub.database.read(self._account_id) as db:
            found = await self._hub.count(db, self._account_id, users)
        counts: dict[uuid.UUID | None, bytes] = {user: counts_message(one) for user, one in found.items()}
        if counts != self.counts:
            self.counts = counts
            self.wake()

    async def _verify(self) -> None:
        """End the streams whose callers may no longer listen; each credential is checked once."""
        async with self._hub.database.read(self._account_id) as db:
            refusals = {
                credential: await self._refusal(db, credential)
                for credential in {listener.credential for listener in self.listeners}
            }
        for listener in self.listeners:
            listener.refusal = refusals.get(listener.credential)
        if any(refusals.values()):
            self.wake()

    async def _refusal(self, db: ReadDb, credential: str) -> str | None:
        try:
            actor, _ = await verify(db, parse(credential, self._hub.signing_key), now())
            require(actor, Permission.VIEW_WORK)
        except FlowPilotError as error:
            return error.detail
        return None


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event happens within this many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
