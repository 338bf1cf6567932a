"""The open streams of one account, and the work that is done once for all of them."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from flowpilot.clock import now
from flowpilot.db.announce import Topic
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs.events import newest_number
from flowpilot.identity.actor import Actor, Permission, require
from flowpilot.identity.auth import verify_each
from flowpilot.identity.credentials import KeyClaim, TokenClaim, UnauthenticatedError, parse
from flowpilot.identity.queries import names_of
from flowpilot.live.listener import Key, Listener, Watch, happens
from flowpilot.live.messages import LivePerson, Message, counts_message, messages_after
from flowpilot.live.presence.board import PresenceState
from flowpilot.live.queries import states_of
from flowpilot.live.watched import Watched
from flowpilot.notifications.attention import attention

if TYPE_CHECKING:
    from flowpilot.live.hub import Hub

_KEPT = 500
_PAGE = 500
# Callers who are verified at once. All of a large account's would hold up whatever else the process does.
_VERIFIED_AT_ONCE = 200
_FIRST_PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Audience:
    """The open streams of one account, and its newest events: all after `_floor`."""

    def __init__(self, hub: "Hub", account_id: uuid.UUID) -> None:
        self.listeners = set[Listener]()
        self.watched = Watched()
        self._counts: dict[uuid.UUID | None, bytes] = {}
        self._names: dict[uuid.UUID, str | None] = {}
        self._hub = hub
        self._account_id = account_id
        self._recent = deque[Message]()
        self._floor: int | None = None
        self._times_forgotten = 0
        work: dict[Topic, Callable[[], Awaitable[None]]] = {
            "handoffs": self._read,
            "access": self._verify,
            "notifications": self._count,
            "sessions": self._read_states,
            "presence": self._show_presence,
        }
        self.due = {topic: asyncio.Event() for topic in work}
        # Due at once, because earlier announcements were not heard.
        self.due["handoffs"].set()
        self._tasks = [hub.start(self._repeat(work[topic], due)) for topic, due in self.due.items()]

    @property
    def heartbeat_seconds(self) -> float:
        """How long a stream may say nothing."""
        return self._hub.heartbeat_seconds

    @property
    def is_over(self) -> bool:
        """Whether the server stops."""
        return self._hub.is_stopping

    def add(self, credential: str, counts_for: uuid.UUID | None, watch: Collection[Watch]) -> Listener:
        """One more stream."""
        listener = Listener(self, credential, counts_for, watch)
        self.listeners.add(listener)
        self.watched.add(listener)
        self.due["notifications"].set()
        if watch:
            self.due["presence"].set()
        return listener

    def remove(self, listener: Listener) -> None:
        """One less."""
        self.listeners.remove(listener)
        self.watched.remove(listener)

    def close(self) -> None:
        """End the work: nobody listens."""
        for task in self._tasks:
            task.cancel()

    def wake(self) -> None:
        """Have every stream check whether something has changed for it."""
        for listener in self.listeners:
            listener.woken.set()

    def states_for(self, listener: Listener) -> dict[Key, bytes]:
        """What a stream should have said of things that have a present state."""
        states = self.watched.heard_by(listener) if self.watched else {}
        if listener.counts_for in self._counts:
            states["counts", None] = self._counts[listener.counts_for]
        return states

    def forget(self) -> None:
        """Forget what the newest events said, because words may have been removed from them.

        A stream that is behind them is told from the table from now on.
        """
        if self._recent:
            self._floor = self._recent[-1].number
            self._recent.clear()
        self._times_forgotten += 1

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
            await happens(due, self.heartbeat_seconds)
            due.clear()
            try:
                await work()
                pause = _FIRST_PAUSE_SECONDS
            except Exception as error:
                # Whatever it was, the account's streams must go on.
                if not isinstance(error, DatabaseUnavailableError):
                    _log.exception("the streams of account %s wait", self._account_id)
                await asyncio.sleep(pause)
                pause = min(2 * pause, self.heartbeat_seconds)
                due.set()

    async def _read(self) -> None:
        times_forgotten = self._times_forgotten
        async with self._hub.database.read(self._account_id) as db:
            if self._floor is None:
                self._floor = await newest_number(self._account_id).alone(db)
                self.wake()
                return
            while True:
                newest = self._recent[-1].number if self._recent else self._floor
                messages = await messages_after(db, self._account_id, newest, _PAGE)
                if times_forgotten != self._times_forgotten:
                    # What was read may have the words still.
                    self.due["handoffs"].set()
                    return
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
            found = await attention(db, self._account_id, users)
        counts: dict[uuid.UUID | None, bytes] = {user: counts_message(one) for user, one in found.items()}
        if counts != self._counts:
            self._counts = counts
            self.wake()

    async def _read_states(self) -> None:
        """Read how far the watched sessions are: an announcement may have been lost."""
        if places := self.watched.places:
            async with self._hub.database.read(self._account_id) as db:
                for state in await states_of(db, self._account_id, places):
                    self.watched.move(state)

    async def _show_presence(self) -> None:
        """Say who is where, to those who watch, with names that are read once."""
        if not self.watched:
            return
        present = self._hub.board.of(self._account_id, now())
        # Names are forgotten meanwhile when somebody's access changes; that shows all of them again.
        names = self._names
        unknown = {user for people in present.values() for user in people} - names.keys()
        if unknown:
            async with self._hub.database.read(self._account_id) as db:
                names |= dict.fromkeys(unknown) | await names_of(db, self._account_id, unknown)
        self.watched.show({place: _named(people, names) for place, people in present.items()})

    async def _verify(self) -> None:
        """End the streams whose callers may no longer listen, all in one look."""
        self._names = {}
        self.due["presence"].set()
        refusals = await self._refusals({listener.credential for listener in self.listeners})
        for listener in self.listeners:
            listener.refusal = refusals.get(listener.credential)
        if any(refusals.values()):
            self.wake()

    async def _refusals(self, credentials: Collection[str]) -> dict[str, str | None]:
        """Why each of the credentials is refused; None if it is not."""
        claims: dict[str, TokenClaim | KeyClaim] = {}
        refusals: dict[str, str | None] = dict.fromkeys(credentials)
        for credential in credentials:
            try:
                claims[credential] = parse(credential, self._hub.signing_key)
            except UnauthenticatedError as error:
                refusals[credential] = error.detail
        waiting = list(claims.items())
        for first in range(0, len(waiting), _VERIFIED_AT_ONCE):
            some = waiting[first : first + _VERIFIED_AT_ONCE]
            async with self._hub.database.read(self._account_id) as db:
                found = await verify_each(db, self._account_id, {claimed for _, claimed in some}, now())
            refusals |= {credential: _refusal(found[claimed]) for credential, claimed in some}
        return refusals


def _refusal(found: tuple[Actor, bool] | FlowPilotError) -> str | None:
    if isinstance(found, FlowPilotError):
        return found.detail
    try:
        require(found[0], Permission.VIEW_WORK)
    except FlowPilotError as error:
        return error.detail
    return None


def _named(people: Mapping[uuid.UUID, PresenceState], names: Mapping[uuid.UUID, str | None]) -> list[LivePerson]:
    """The people at a place, by their names. Somebody without a name is no member, and not shown."""
    named = sorted((names[user] or "", user, state) for user, state in people.items())
    return [LivePerson(user_id=user, name=name, state=state) for name, user, state in named if name]
