"""The driver's connection beneath a transaction's own, for what is sent without SQLAlchemy."""

from collections.abc import Awaitable
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection
from sqlalchemy.util.concurrency import greenlet_spawn

T = TypeVar("T")


async def answer_of(connection: Connection, driver: psycopg.AsyncConnection[Any], sending: Awaitable[T]) -> T:
    """What the driver is answered. A connection that a failure closes is given up.

    Nothing can be undone on it, and to try hides the failure. A statement that is cancelled may close it, too.
    """
    try:
        return await sending
    except BaseException as error:
        if driver.closed:
            # The pool closes its end of it, which is awaited.
            await greenlet_spawn(connection.invalidate, error)
        raise


def driver_of(connection: Connection) -> psycopg.AsyncConnection[Any]:
    """The driver's own connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver
