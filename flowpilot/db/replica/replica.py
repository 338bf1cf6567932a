"""The replica: its connections, how old what it shows is, and when to leave it alone."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import CollectorRegistry, Counter

from flowpilot.db.failures import DatabaseUnavailableError, OutageLog, expected_reason
from flowpilot.db.replica import looking
from flowpilot.db.replica.lag import Lag
from flowpilot.db.session import Database, ReadDb

LOOK_SECONDS = 1.0
# Who waits for a replica could have had an answer of the primary.
_PATIENCE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class _NoOutages(OutageLog):
    """The replica's failures are no failures of the database: `Replica` counts and logs them itself."""

    def note(self, found: DatabaseUnavailableError, error: BaseException) -> None:
        pass


class Replica:
    """A streaming standby that may be read while what it shows is young enough."""

    def __init__(
        self,
        url: str,
        primary_url: str,
        *,
        most_seconds: float,
        pool_size: int = 10,
        registry: CollectorRegistry | None = None,
        look_seconds: float = LOOK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connections are opened as they are needed; nothing is read before `watch` has looked.

        Args:
            most_seconds: how old what it shows may be.
        """
        self.most_seconds = most_seconds
        self._url, self._primary_url = url, primary_url
        self._look_seconds = look_seconds
        self._clock = clock
        self._lag = Lag()
        self._has_failed = False
        self.database = Database(
            url, pool_size=pool_size, patience_seconds=_PATIENCE_SECONDS, outages=_NoOutages()
        )
        self._failures = Counter(
            "flowpilot_replica_failures", "Reads that began at the replica, and failed there.", registry=registry
        )

    def lag_seconds(self) -> float | None:
        """How old what it shows is, at most; None if that is not known."""
        return self._lag.seconds(self._clock())

    def is_fresh(self) -> bool:
        """Whether what it shows is young enough to be read."""
        lag = self.lag_seconds()
        return lag is not None and lag <= self.most_seconds

    async def watch(self, up: Callable[[], None]) -> None:
        """Look until cancelled how far it is behind its primary.

        Raises:
            NotAStandbyError: it does not follow this primary.
            psycopg.Error: one of the two cannot be reached.
            DatabaseUnavailableError: one of the two has not answered for as long as it may lag.
        """
        self._lag.forget()
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(_PATIENCE_SECONDS + self.most_seconds):
                    primary = await stack.enter_async_context(await looking.connect(self._primary_url))
                    standby = await stack.enter_async_context(await looking.connect(self._url))
                    await looking.check_standby(primary, standby)
                while True:
                    async with asyncio.timeout(self.most_seconds):
                        await self._look(primary, standby)
                    up()
                    await asyncio.sleep(self._look_seconds)
        except TimeoutError as error:
            raise DatabaseUnavailableError("The replica, or its primary, takes too long to answer.") from error
        finally:
            self._lag.forget()

    async def _look(self, primary: looking.Connection, standby: looking.Connection) -> None:
        moment = self._clock()
        is_stuck = self._lag.primary_is_at(await looking.position_of_primary(primary), moment)
        self._lag.replica_is_at(await looking.position_of_standby(standby))
        if is_stuck:
            await looking.nudge(primary)
        if self._has_failed and self.is_fresh():
            self._has_failed = False

    @asynccontextmanager
    async def read(self, account_id: uuid.UUID | None) -> AsyncIterator[ReadDb | None]:
        """One read-only transaction there; None if none can be begun.

        Raises:
            DatabaseUnavailableError: it failed later than that.
        """
        db: ReadDb | None = None
        try:
            async with AsyncExitStack() as stack:
                db = await self._begin(stack, account_id)
                yield db
        except DatabaseUnavailableError as error:
            if db is not None:
                self._note(error)
            raise

    async def _begin(self, stack: AsyncExitStack, account_id: uuid.UUID | None) -> ReadDb | None:
        try:
            async with AsyncExitStack() as own:
                db = await own.enter_async_context(self.database.read(account_id))
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await db.connection()
                stack.push_async_exit(own.pop_all())
        except (DatabaseUnavailableError, TimeoutError) as error:
            self._note(error)
            return None
        return db

    def _note(self, error: Exception) -> None:
        """Count a failure. After one of the connection, leave the replica alone until it was looked at again."""
        self._failures.inc()
        if type(error) not in {DatabaseUnavailableError, TimeoutError}:
            return  # It has too much to do, or what was read was removed meanwhile.
        self._lag.forget()
        if not self._has_failed:
            self._has_failed = True
            reason = expected_reason(error.__cause__ or error) or "it takes too long to answer"
            _log.warning("replica: the primary answers until it can be read again: %s", reason)

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()
