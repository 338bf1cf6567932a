"""What all processes that call one ticket system agree on: how many requests are open, and when it wants none.

Both are rows of the database, so it does not matter on which machine a request begins. Whoever has a place says so
every few seconds, so that the place of a process that died is soon free.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot import clock
from flowpilot.db.base import new_id
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database, Db
from flowpilot.psa.connections.models import PsaCallSlot, PsaConnection
from flowpilot.psa.provider import UnavailableError

# How long a job waits for its turn, and how long a person who looks at a page does.
JOB_PATIENCE = timedelta(seconds=60)
PAGE_PATIENCE = timedelta(seconds=2.5)

# How long a place stays taken without a word from the process that has it. A request takes up to 30 seconds.
_HOLD = timedelta(seconds=12)

# How often a waiting caller looks again: soon at first, because most requests take less than a second.
_FIRST_LOOK_SECONDS = 0.05
_LAST_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class _Place:
    """A place for one request, and until when it is taken."""

    number: int
    until: datetime


@dataclass(slots=True)
class SharedLimiter:
    """The places of one connection. Each call takes a short transaction before the request and another after it.

    `places` is how many requests may be open at once. A place is free after `hold`, unless the process that has it
    asks for more time meanwhile. A call waits for its turn for as long as `patience`.
    """

    database: Database
    account_id: uuid.UUID
    connection_id: uuid.UUID
    patience: timedelta = JOB_PATIENCE
    places: int = 1
    hold: timedelta = _HOLD
    now: Callable[[], datetime] = clock.now

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Hold a place for one request.

        Raises:
            UnavailableError: it is not this call's turn within the patience of its caller.
        """
        place, is_over = await self._wait_for_place(), asyncio.Event()
        keeping = asyncio.create_task(self._keep(place, is_over))
        try:
            yield
        finally:
            is_over.set()
            await keeping
            # Without a database it is free by the time alone.
            with suppress(DatabaseUnavailableError):
                await self._set(place, self.now())

    async def rest_until(self, moment: datetime) -> None:
        """Let no process send a request before then. A rest that is longer already stays as it is."""
        async with self.database.write(self.account_id) as db:
            rests_until = func.greatest(PsaConnection.rests_until, moment)  # It leaves out nulls.
            await db.execute(update(PsaConnection).where(*self._of_connection()).values(rests_until=rests_until))

    async def _wait_for_place(self) -> _Place:
        asked_at = moment = self.now()
        pause = _FIRST_LOOK_SECONDS
        while True:
            rests_until, place = await self._take(moment)
            if place is not None:
                return place
            next_look = moment + timedelta(seconds=pause) if rests_until is None else rests_until
            if next_look > asked_at + self.patience:
                raise _not_now(rests_until)
            await asyncio.sleep((next_look - moment).total_seconds())
            moment, pause = self.now(), min(2 * pause, _LAST_LOOK_SECONDS)

    async def _keep(self, place: _Place, is_over: asyncio.Event) -> None:
        """Ask for more time, again and again, until the request is over."""
        while not is_over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), self.hold.total_seconds() / 3)
                return
            with suppress(DatabaseUnavailableError):
                await self._set(place, self.now() + self.hold)

    async def _take(self, moment: datetime) -> tuple[datetime | None, _Place | None]:
        """Until when the connection rests, if it does; otherwise the taken place, if one is free."""
        until = moment + self.hold
        async with self.database.write(self.account_id) as db:
            rests_until = await db.scalar(select(PsaConnection.rests_until).where(*self._of_connection()))
            if rests_until is not None and rests_until > moment:
                return rests_until, None
            number = await self._take_free(db, moment, until)
            if number is None and await self._add_missing(db, moment):
                number = await self._take_free(db, moment, until)
        return None, None if number is None else _Place(number, until)

    async def _take_free(self, db: Db, moment: datetime, until: datetime) -> int | None:
        free = (
            select(PsaCallSlot.number)
            .where(*self._of_places(), PsaCallSlot.busy_until <= moment)
            .order_by(PsaCallSlot.number)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = update(PsaCallSlot).where(*self._of_places(), PsaCallSlot.number == free.scalar_subquery())
        return await db.scalar(taken.values(busy_until=until).returning(PsaCallSlot.number))

    async def _add_missing(self, db: Db, moment: datetime) -> bool:
        """Make the places that a new connection does not have yet, or one that may use more now."""
        known = await db.scalar(select(func.count()).select_from(PsaCallSlot).where(*self._of_places()))
        if known == self.places:
            return False
        ids = {"account_id": self.account_id, "connection_id": self.connection_id}
        rows = [{**ids, "id": new_id(), "number": n, "busy_until": moment} for n in range(1, self.places + 1)]
        await db.execute(insert(PsaCallSlot).values(rows).on_conflict_do_nothing())
        return True

    async def _set(self, place: _Place, until: datetime) -> None:
        async with self.database.write(self.account_id) as db:
            # Another request may have it by now, if this process could not say anything for too long.
            mine = (*self._of_places(), PsaCallSlot.number == place.number, PsaCallSlot.busy_until == place.until)
            is_mine = update(PsaCallSlot).where(*mine).values(busy_until=until).returning(PsaCallSlot.number)
            place.until = place.until if await db.scalar(is_mine) is None else until

    def _of_connection(self) -> tuple[ColumnElement[bool], ...]:
        return PsaConnection.account_id == self.account_id, PsaConnection.id == self.connection_id

    def _of_places(self) -> tuple[ColumnElement[bool], ...]:
        return (
            PsaCallSlot.account_id == self.account_id,
            PsaCallSlot.connection_id == self.connection_id,
            PsaCallSlot.number <= self.places,
        )


def _not_now(rests_until: datetime | None) -> UnavailableError:
    if rests_until is None:
        return UnavailableError("The ticket system is busy with other requests of this account. Try again soon.")
    return UnavailableError("The ticket system has asked for a pause. Requests go on by themselves.", rests_until)
