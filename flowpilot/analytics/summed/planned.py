"""Statements that are planned once on a connection, because any account is read by the same plan.

To plan a statement over days takes longer than to run it for a small account. Its plan depends on no value: days,
marks and rows of the gaps are each found by the beginning of an index. So PostgreSQL may keep it (a prepared
statement with a generic plan), which it would not do by itself, nor for any other statement.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName
from psycopg.pq import Format
from sqlalchemy import CursorResult, Engine, TextClause
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from flowpilot.db.session import ReadDb

# A pooler between keeps no statement for us, and shows by a number that is not the server process's own. On tables
# that are spread over machines there are no generic plans.
_IS_KEPT = """
SELECT pg_backend_pid() = %s AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
"""
_KEPT = "keeps_plans"
# What a pooler answers that has not been recognized.
_LOST = (InvalidSqlStatementName, DuplicatePreparedStatement)


class _BinaryCursor(psycopg.AsyncCursor[Any]):
    """Bytes come as they are, and not in letters, which are twice as many."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = Format.BINARY


# Where that has happened. Nothing is prepared there any more.
_poolers: WeakSet[Engine] = WeakSet()


async def planned_once(db: ReadDb, sql: TextClause, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Run a statement by the plan of its first run on this connection, if PostgreSQL can keep one."""
    connection = await db.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not await _keeps_plans(connection, driver):
        return await connection.execute(sql, values)
    await driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    as_always = driver.prepare_threshold, driver.cursor_factory
    driver.prepare_threshold, driver.cursor_factory = 0, _BinaryCursor
    try:
        found = await connection.execute(sql, values)
    except DBAPIError as error:
        await _give_up(connection, error)
        raise
    finally:
        driver.prepare_threshold, driver.cursor_factory = as_always
    await driver.execute("SET LOCAL plan_cache_mode = auto")
    return found


async def _keeps_plans(connection: AsyncConnection, driver: Any) -> bool:
    if _engine(connection) in _poolers:
        return False
    known = connection.info
    if _KEPT not in known:
        row = await (await driver.execute(_IS_KEPT, [driver.info.backend_pid])).fetchone()
        known[_KEPT] = row[0]
    found: bool = known[_KEPT]
    return found


async def _give_up(connection: AsyncConnection, error: DBAPIError) -> None:
    """Let a connection go on which the statement can be run no more, because of what is kept of it."""
    if isinstance(error.orig, _LOST):
        _poolers.add(_engine(connection))
    if isinstance(error.orig, (*_LOST, FeatureNotSupported)):  # The last after a migration: it has other columns.
        await connection.invalidate(error)


def _engine(connection: AsyncConnection) -> Engine:
    return connection.engine.sync_engine
