"""The driver's connection beneath a transaction's own, for what is sent without SQLAlchemy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection


@contextmanager
def dropped_if_closed(connection: Connection, driver: psycopg.AsyncConnection[Any]) -> Iterator[None]:
    """Give up a connection that a failure closes: nothing can be undone on it, and to try hides the failure.

    A statement that is cancelled may close its connection, too.
    """
    try:
        yield
    except BaseException as error:
        if driver.closed:
            connection.invalidate(error)
        raise


def driver_of(connection: Connection) -> psycopg.AsyncConnection[Any]:
    """The driver's own connection."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver
