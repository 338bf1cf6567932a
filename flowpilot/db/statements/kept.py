"""Which connections keep the plans of statements: PostgreSQL's own do, those of a pooler between do not.

A pooler hands each transaction to another of its connections, where a statement that was prepared is not known.
"""

from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName
from sqlalchemy import Connection, Engine

from flowpilot.db.statements.driver import answer_of

# A pooler between keeps no statement for us, and shows by a number that is not the server process's own. On tables
# that are spread over machines there are no generic plans.
_IS_KEPT = """
SELECT pg_backend_pid() = %s AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
"""
_KEPT = "keeps_plans"
# What a pooler answers that has not been recognized.
_LOST = (InvalidSqlStatementName, DuplicatePreparedStatement)
# Where that has happened. Nothing is prepared there any more.
_poolers: WeakSet[Engine] = WeakSet()


def known_to_keep(connection: Connection) -> bool | None:
    """Whether a connection keeps plans; None if that has not been asked yet."""
    if connection.engine in _poolers:
        return False
    found: bool | None = connection.info.get(_KEPT)
    return found


async def keeps_plans(connection: Connection, driver: psycopg.AsyncConnection[Any]) -> bool:
    """Whether a connection keeps plans, which is asked once."""
    known = known_to_keep(connection)
    if known is None:
        asking = driver.execute(_IS_KEPT, [driver.info.backend_pid])
        row = await (await answer_of(connection, driver, asking)).fetchone()
        assert row is not None
        known = connection.info[_KEPT] = bool(row[0])
    return known


def is_lost(connection: Connection, error: BaseException | None) -> bool:
    """Whether a statement failed because of what is, or is not, kept of it. Then its connection is of no more use.

    That is so behind a pooler that was not recognized, and after a migration, when it has other columns.
    """
    if isinstance(error, _LOST):
        _poolers.add(connection.engine)
    return isinstance(error, (*_LOST, FeatureNotSupported))
