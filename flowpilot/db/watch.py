"""Keep the embedded PostgreSQL running as long as this process does, whatever stops it."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from flowpilot.db.embedded import EmbeddedPostgresError, embedded_postgres

_LOOK_SECONDS = 1.0


async def keep_running(
    data_dir: Path, url: str, up: Callable[[], None], *, look_seconds: float = _LOOK_SECONDS
) -> None:
    """Start the server if it does not listen, then check until cancelled that it does.

    For a process inside `embedded_postgres(data_dir)`; `url` is any URL of that database.

    Raises:
        EmbeddedPostgresError: it no longer listens, or does not start.
    """
    place = conninfo_to_dict(url)
    path = f"{place['host']}/.s.PGSQL.{place['port']}"
    if not await asyncio.to_thread(_listens, path):
        await asyncio.to_thread(_start, data_dir)
    while await asyncio.to_thread(_listens, path):
        up()
        await asyncio.sleep(look_seconds)
    raise EmbeddedPostgresError(f"nothing listens at {path}")


def _listens(path: str) -> bool:
    """Whether there is a postmaster; it need not be ready yet. PostgreSQL ignores such a connection."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def _start(data_dir: Path) -> None:
    # Entering starts it. It keeps running when we leave, because our process is inside already.
    with embedded_postgres(data_dir, create=False):
        pass
