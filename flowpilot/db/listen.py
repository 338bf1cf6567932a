"""LISTEN: receive the announcements of all server processes, over one connection for this process."""

import uuid
from collections.abc import Callable
from typing import get_args

import psycopg
from psycopg import sql

from flowpilot.db.announce import CHANNEL, Topic
from flowpilot.db.connect import LIVELINESS

APPLICATION_NAME = "flowpilot listen"

_LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL))


async def listen(url: str, *, connected: Callable[[], None], heard: Callable[[Topic, uuid.UUID], None]) -> None:
    """Call `heard` for every announcement, until cancelled.

    `connected` is called once the connection is made. Earlier announcements are lost, so the caller has to read
    the present state then.

    Raises:
        psycopg.Error: the connection cannot be made, or is lost.
    """
    connection = await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name=APPLICATION_NAME, **LIVELINESS
    )
    async with connection:
        await connection.execute(_LISTEN)
        connected()
        async for notify in connection.notifies():
            _tell(notify.payload, heard)


def _tell(payload: str, heard: Callable[[Topic, uuid.UUID], None]) -> None:
    # Any role that may connect may notify, so the payload may be anything.
    topic, _, account = payload.partition(" ")
    try:
        account_id = uuid.UUID(account)
    except ValueError:
        return
    for known in get_args(Topic):
        if known == topic:
            heard(known, account_id)
