"""Statements that are planned once on a connection, because any account is read by the same plan.

To plan a statement over days takes longer than to run it for a small account. Its plan depends on no value: days,
marks and rows of the gaps are each found by the beginning of an index. So PostgreSQL may keep it (a prepared
statement with a generic plan), which it would not do by itself, nor for any other statement.

The driver itself sends it (`db/statements`): it is long, and has many columns, of which SQLAlchemy would make a
description each time.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import Format
from sqlalchemy import IteratorResult, Result, TextClause
from sqlalchemy.engine.result import SimpleResultMetaData

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import DIALECT, NUMBERED
from flowpilot.db.statements.driver import answer_of


class _BinaryCursor(psycopg.AsyncRawCursor[Any]):
    """Bytes come as they are, and not in letters, which are twice as many."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = Format.BINARY


class _Texts(NamedTuple):
    """A statement with named parameters, and with numbered ones in this order."""

    named: str
    numbered: str
    order: Sequence[str]


_TOGETHER = "planned_together"


@asynccontextmanager
async def planned_together(db: ReadDb) -> AsyncIterator[None]:
    """Have PostgreSQL told once how to plan all statements of this block, of which each is `planned_once`.

    What fails in it ends its transaction, or all since its savepoint, and with that what PostgreSQL was told.
    """
    connection, driver, is_kept = await db.connected()
    if not is_kept or _TOGETHER in db.info:
        yield
        return
    await answer_of(connection, driver, driver.execute("SET LOCAL plan_cache_mode = force_generic_plan"))
    db.info[_TOGETHER] = True
    try:
        yield
    finally:
        del db.info[_TOGETHER]
    await answer_of(connection, driver, driver.execute("SET LOCAL plan_cache_mode = auto"))


async def planned_once(db: ReadDb, sql: TextClause, values: Mapping[str, Any]) -> Result[Any]:
    """Run a statement by the plan of its first run on this connection, if PostgreSQL can keep one."""
    if not (await db.connected())[2]:
        return await db.execute(sql, values)
    texts = _texts(sql)
    in_order = [values[name] for name in texts.order]
    async with planned_together(db):
        cursor = await db.send(texts.named, values, texts.numbered, in_order, _BinaryCursor)
    found = cursor.pgresult
    assert found is not None
    names = tuple(found.fname(place) for place in range(found.nfields))
    return IteratorResult(_columns(names), iter(await cursor.fetchall()))


@lru_cache
def _texts(sql: TextClause) -> _Texts:
    numbered: Any = sql.compile(dialect=NUMBERED)
    return _Texts(str(sql.compile(dialect=DIALECT)), str(numbered), numbered.positiontup)


@lru_cache
def _columns(names: tuple[bytes | None, ...]) -> SimpleResultMetaData:
    return SimpleResultMetaData([(name or b"").decode() for name in names])
