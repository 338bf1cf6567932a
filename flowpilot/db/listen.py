"""LISTEN: receive the announcements of all server processes, over one connection for this process."""

from collections.abc import Callable

import psycopg
from psycopg import sql

from flowpilot.db.announce import CHANNEL, Announcement
from flowpilot.db.connect import LIVELINESS

APPLICATION_NAME = "flowpilot listen"

_LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL))


async def listen(url: str, *, connected: Callable[[], None], heard: Callable[[Announcement], None]) -> None:
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
            announcement = Announcement.read(notify.payload)
            if announcement is not None:
                heard(announcement)
