"""LISTEN: hear what any server process announces, over one connection for this process."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import get_args

import psycopg
from psycopg import sql

from flowpilot.db.announce import CHANNEL, Topic

APPLICATION_NAME = "flowpilot listen"

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 30.0
_LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL))

_log = logging.getLogger(__name__)


async def listen(url: str, *, connected: Callable[[], None], heard: Callable[[Topic, uuid.UUID], None]) -> None:
    """Call `heard` for every announcement, until cancelled.

    `connected` is called whenever the connection is made, the first time too: what was announced before is lost,
    so whoever depends on it has to look for themselves.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            # A connection that only waits would not notice by itself that the other end is gone.
            async with await psycopg.AsyncConnection.connect(
                url,
                autocommit=True,
                application_name=APPLICATION_NAME,
                connect_timeout=10,
                keepalives_idle=30,
                keepalives_interval=10,
                keepalives_count=3,
            ) as connection:
                await connection.execute(_LISTEN)
                pause = _FIRST_PAUSE_SECONDS
                connected()
                async for notify in connection.notifies():
                    _tell(notify.payload, heard)
        except psycopg.Error as error:
            _log.warning("announcements are not heard, trying again in %.1f s: %s", pause, str(error).strip())
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _tell(payload: str, heard: Callable[[Topic, uuid.UUID], None]) -> None:
    # Whoever may connect may notify, so this may be anything.
    topic, _, account = payload.partition(" ")
    try:
        account_id = uuid.UUID(account)
    except ValueError:
        return
    for known in get_args(Topic):
        if known == topic:
            heard(known, account_id)
