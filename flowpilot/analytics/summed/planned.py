"""Statements that are planned once on a connection, because any account is read by the same plan.

To plan a statement over days takes longer than to run it for a small account. Its plan depends on no value: days,
marks and rows of the gaps are each found by the beginning of an index. So PostgreSQL may keep it (a prepared
statement with a generic plan), which it would not do by itself, nor for any other statement.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.pq import Format
from sqlalchemy import CursorResult, TextClause
from sqlalchemy.exc import DBAPIError

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.kept import is_lost, keeps_plans


class _BinaryCursor(psycopg.AsyncCursor[Any]):
    """Bytes come as they are, and not in letters, which are twice as many."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = Format.BINARY


async def planned_once(db: ReadDb, sql: TextClause, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Run a statement by the plan of its first run on this connection, if PostgreSQL can keep one."""
    connection = await db.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    assert connection.sync_connection is not None
    if not await keeps_plans(connection.sync_connection, driver):
        return await connection.execute(sql, values)
    await driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    as_always = driver.prepare_threshold, driver.cursor_factory
    driver.prepare_threshold, driver.cursor_factory = 0, _BinaryCursor
    try:
        found = await connection.execute(sql, values)
    except DBAPIError as error:
        if is_lost(connection.sync_connection, error.orig):
            # What is run on it next may be that statement.
            await connection.invalidate(error)
        raise
    finally:
        driver.prepare_threshold, driver.cursor_factory = as_always
    await driver.execute("SET LOCAL plan_cache_mode = auto")
    return found
