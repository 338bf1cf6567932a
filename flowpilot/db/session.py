"""Database sessions: every transaction begins in its account."""

import json
import select
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from prometheus_client import CollectorRegistry
from psycopg.pq import TransactionStatus
from pydantic_core import from_json
from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState
from sqlalchemy.util.concurrency import await_, greenlet_spawn

from flowpilot.db.announce import commit_and_announce
from flowpilot.db.connect import LIVELINESS, driver_url
from flowpilot.db.failures import DatabaseTimeoutError, OutageLog, outage
from flowpilot.db.last import do_what_is_last
from flowpilot.db.statements.driver import answer_of, driver_of
from flowpilot.db.statements.kept import is_lost, keeps_plans
from flowpilot.db.stored import ask_what_is_stored


class _TenantSession(Session):
    """The sync session inside ReadDb and Db; the listener below sets its account."""


class ReadDb(AsyncSession):
    """A session that may only read: PostgreSQL itself runs its transactions as READ ONLY."""

    sync_session_class = _TenantSession
    read_only = True
    _sends: tuple[SessionTransaction | None, tuple[Connection, psycopg.AsyncConnection[Any], bool]] | None = None

    async def send(
        self,
        statement: str,
        values: Mapping[str, Any],
        numbered: str,
        in_order: Sequence[Any],
        cursor_type: type[psycopg.AsyncRawCursor[Any]] = psycopg.AsyncRawCursor,
    ) -> psycopg.AsyncCursor[Any]:
        """Send a statement by the driver itself, within the transaction (`db/statements`).

        Its parameters are `numbered`, so that the driver need not look through it for their names. Where it can,
        PostgreSQL keeps what it has understood of it, and its plan once that suits any values as well.
        """
        connection, driver, is_kept = await self.connected()
        # Whoever listens to the engine's statements hears these, too.
        connection.dispatch.before_cursor_execute(connection, None, statement, values, None, False)
        cursor = cursor_type(driver)
        try:
            driver.prepare_threshold = 0 if is_kept else None
            await answer_of(connection, driver, cursor.execute(numbered, in_order))
        except psycopg.Error as error:
            if is_kept and not driver.closed and is_lost(connection, error):
                await greenlet_spawn(connection.invalidate, error)
                # As the driver says it of a connection that is lost, so that it is counted and logged.
                raise psycopg.OperationalError(f"what was kept of a statement is lost: {error}") from error
            raise
        finally:
            driver.prepare_threshold = None
        connection.dispatch.after_cursor_execute(connection, cursor, statement, values, None, False)
        return cursor

    async def send_text(self, statements: str) -> None:
        """Send statements without values in one text, by the driver itself."""
        connection, driver, _ = await self.connected()
        connection.dispatch.before_cursor_execute(connection, None, statements, None, None, False)
        await answer_of(connection, driver, driver.execute(statements))
        connection.dispatch.after_cursor_execute(connection, None, statements, None, None, False)

    async def connected(self) -> tuple[Connection, psycopg.AsyncConnection[Any], bool]:
        """The transaction's connection, the driver's own, and whether it keeps plans."""
        now = self._transaction_now()
        if now is None or self._sends is None or self._sends[0] is not now:
            # A savepoint is made when its connection is first asked for. After the end of a transaction, its
            # connection may be somebody else's.
            connection = (await self.connection()).sync_connection
            assert connection is not None
            driver = driver_of(connection)
            self._sends = self._transaction_now(), (connection, driver, await keeps_plans(connection, driver))
        return self._sends[1]

    def _transaction_now(self) -> SessionTransaction | None:
        session = self.sync_session
        return session.get_nested_transaction() or session.get_transaction()

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what waits to be written. Mostly nothing does, which is found out sooner than SQLAlchemy does."""
        session = self.sync_session
        if session.new or session.dirty or session.deleted:
            await super().flush(objects)

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[None]:
        """A statement that fails in here does not end the transaction for the next one. For reading alone.

        All blocks share one savepoint: what is only read leaves nothing to undo, and each is a round trip.
        """
        if not self.info.get("is_saved"):
            await self.execute(text("SAVEPOINT apart"))
            self.info["is_saved"] = True
        try:
            yield
        except Exception as error:
            away = outage(error)
            if away is None or isinstance(away, DatabaseTimeoutError):
                await self.execute(text("ROLLBACK TO SAVEPOINT apart"))
            raise


class Db(ReadDb):
    """A session that may also write. Feature code flushes; the code that opened the session commits."""

    read_only = False


@event.listens_for(_TenantSession, "after_begin")
def _begin_in_account(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:  # A savepoint is in the account of its transaction.
        return
    # One round trip begins the transaction and states its account: the driver sends no BEGIN of its own.
    # Plain SET LOCAL, not set_config(): only the plain statement is forwarded to Citus workers.
    # It holds for this transaction alone, so a pooled connection cannot carry it to the next.
    account_id = session.info["account_id"]
    words = ["BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if session.info["read_only"] else "BEGIN"]
    if account_id is not None:
        words.append(_in_account(account_id))
    # psycopg returns times in the connection's time zone, and Python subtracts by the local clock.
    words.append("SET LOCAL TIME ZONE 'UTC'")
    statement = "; ".join(words)
    connection.dispatch.before_cursor_execute(connection, None, statement, None, None, False)
    driver = driver_of(connection)
    await_(answer_of(connection, driver, driver.execute(statement)))
    connection.dispatch.after_cursor_execute(connection, None, statement, None, None, False)


# What a session kept in its `info` when each of its savepoints began.
_before: WeakKeyDictionary[SessionTransaction, dict[Any, Any]] = WeakKeyDictionary()


@event.listens_for(_TenantSession, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        _before[transaction] = {name: copy(value) for name, value in session.info.items()}


@event.listens_for(_TenantSession, "after_soft_rollback")
def _undo_what_is_put_off(session: Session, transaction: SessionTransaction) -> None:
    """What was put off in a savepoint, such as events and announcements, is undone with it."""
    if transaction in _before:
        session.info.clear()
        session.info.update(_before.pop(transaction))


def _in_account(account_id: uuid.UUID) -> str:
    return f"SET LOCAL app.account_id = '{uuid.UUID(str(account_id))}'"


async def state_account(db: Db, account_id: uuid.UUID) -> None:
    """Switch to another account, for an operator's change that is recorded in several."""
    db.info["account_id"] = account_id
    await db.execute(text(_in_account(account_id)))


def _from_json(said: str | bytes) -> Any:
    """JSON as PostgreSQL sends it: mostly short values, for which Python's own reader takes six times as long."""
    try:
        return from_json(said)
    except ValueError:
        return json.loads(said)  # It is nested more deeply than people and programs do.


S = TypeVar("S", bound=ReadDb)


def _refuse_closed(_: object, entry: ConnectionPoolEntry, __: object) -> None:
    """Make the pool replace a connection that PostgreSQL has closed.

    An idle connection has something to read only then.
    """
    connection = entry.driver_connection
    assert connection is not None
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def _end_what_is_open(connection: DBAPIConnection, _: ConnectionPoolEntry, state: PoolResetState) -> None:
    """Undo what a returned connection has not ended. Usually it has, and is asked to undo nothing."""
    driver = connection.driver_connection
    if not state.terminate_only and driver.pgconn.transaction_status != TransactionStatus.IDLE:
        connection.rollback()


class Database:
    """The runtime role's connections. `url` is for work that needs a connection of its own (`db/bulk`)."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        patience_seconds: float = 10,
        registry: CollectorRegistry | None = None,
        outages: OutageLog | None = None,
    ) -> None:
        """Connections are opened as they are needed.

        Args:
            pool_size: how many connections there may be.
            patience_seconds: how long to wait for one when all are in use.
            registry: the metrics registry in which failures are counted.
            outages: counts and logs them instead.
        """
        self.url = url
        # No prepared statements: their generic plans fit neither small nor large accounts. Only what is built once
        # (`send` above) and reports over days (analytics/summed/planned) are prepared.
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=patience_seconds,
            pool_use_lifo=True,
            pool_reset_on_return=None,  # `_end_what_is_open` does it.
            use_native_hstore=False,  # No column is one, and the driver would ask each new server about it.
            json_deserializer=_from_json,
            hide_parameters=True,  # They may be password hashes, and errors are logged.
            # Every session begins its transactions itself, in the account.
            connect_args={"autocommit": True, "prepare_threshold": None, **LIVELINESS},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self.engine.sync_engine, "reset", _end_what_is_open)
        self._outages = outages or OutageLog(registry)

    @asynccontextmanager
    async def read(self, account_id: uuid.UUID | None) -> AsyncIterator[ReadDb]:
        """One read-only transaction in an account, on one snapshot.

        Raises:
            DatabaseUnavailableError: the database failed.
        """
        async with self._open(ReadDb, account_id) as db:
            yield db

    @asynccontextmanager
    async def write(self, account_id: uuid.UUID | None) -> AsyncIterator[Db]:
        """One transaction in an account, committed at the end unless an error leaves the block.

        Raises:
            DatabaseUnavailableError: the database failed, and nothing was changed.
            OutcomeUnknownError: the answer to the commit was lost, so either all of it was done or nothing.
        """
        async with self._open(Db, account_id) as db:
            yield db

    @asynccontextmanager
    async def _open(self, kind: type[S], account_id: uuid.UUID | None) -> AsyncIterator[S]:
        info: dict[str, Any] = {"account_id": account_id, "read_only": kind.read_only}
        is_committing = False
        try:
            async with kind(self.engine, info=info, expire_on_commit=False) as db, db.begin():
                yield db
                await db.flush()
                if isinstance(db, Db):
                    await do_what_is_last(db)
                    await ask_what_is_stored(db)
                    is_committing = True
                    await commit_and_announce(db)
        except Exception as error:
            found = outage(error, is_committing=is_committing)
            if found is None or found is error:
                raise
            self._outages.note(found, error)
            raise found from error

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
