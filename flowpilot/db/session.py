"""Database sessions: who the account is, is stated in the first words of every transaction."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

from flowpilot.db.connect import driver_url


class _TenantSession(Session):
    """The session beneath ReadDb and Db; the listener below gives it its account."""


class ReadDb(AsyncSession):
    """A session that may only read: its transactions are READ ONLY to PostgreSQL itself."""

    sync_session_class = _TenantSession
    read_only = True


class Db(ReadDb):
    """A session that may also write. Feature code flushes; whoever opened the session commits."""

    read_only = False


@event.listens_for(_TenantSession, "after_begin")
def _state_account(session: Session, _: SessionTransaction, connection: Connection) -> None:
    # Plain SET LOCAL, not set_config(): only the plain statement is forwarded to Citus workers.
    # It holds for this transaction alone, so a pooled connection can not carry it to the next.
    account_id = session.info["account_id"]
    words = []
    if session.info["read_only"]:
        words.append("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if account_id is not None:
        words.append(f"SET LOCAL app.account_id = '{uuid.UUID(str(account_id))}'")
    # psycopg gives moments in the connection's zone, and Python subtracts two of one zone by the wall clock.
    words.append("SET LOCAL TIME ZONE 'UTC'")
    connection.exec_driver_sql("; ".join(words))


S = TypeVar("S", bound=ReadDb)


class Database:
    """The runtime role's connections."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        # No prepared statements: their plans are made for no account in particular, which is right neither for a
        # small account nor for a large one. It also lets a transaction pooler stand in between.
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,  # They may be password hashes, and errors are logged.
            connect_args={"prepare_threshold": None},
        )

    @asynccontextmanager
    async def read(self, account_id: uuid.UUID | None) -> AsyncIterator[ReadDb]:
        """One read-only transaction in an account, on one snapshot."""
        async with self._open(ReadDb, account_id) as db:
            yield db

    @asynccontextmanager
    async def write(self, account_id: uuid.UUID | None) -> AsyncIterator[Db]:
        """One transaction in an account, committed at the end unless an error leaves the block."""
        async with self._open(Db, account_id) as db:
            yield db

    @asynccontextmanager
    async def _open(self, kind: type[S], account_id: uuid.UUID | None) -> AsyncIterator[S]:
        info: dict[str, Any] = {"account_id": account_id, "read_only": kind.read_only}
        async with kind(self.engine, info=info, expire_on_commit=False) as db, db.begin():
            yield db

    async def close(self) -> None:
        """Give all connections back to PostgreSQL."""
        await self.engine.dispose()
