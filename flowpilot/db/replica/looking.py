"""What a server says of itself as a primary or a standby."""

from typing import Any

import psycopg

from flowpilot.db.connect import LIVELINESS
from flowpilot.db.failures import DatabaseUnavailableError

_WHO = "SELECT system_identifier::text, pg_is_in_recovery() FROM pg_control_system()"
# Not the position that is on the disk: of what others see already, some may not have got there.
_PRIMARY = "SELECT pg_current_wal_insert_lsn() - '0/0'"
_STANDBY = "SELECT pg_last_wal_replay_lsn() - '0/0' WHERE pg_is_in_recovery()"
# A commit with nothing in it writes to the log up to its end.
_NUDGE = "SELECT pg_current_xact_id()"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class NotAStandbyError(DatabaseUnavailableError):
    """What FLOWPILOT_REPLICA_URL leads to is no standby of this database."""


async def connect(url: str) -> Connection:
    """A connection that only looks."""
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, application_name="flowpilot replica", prepare_threshold=None, **LIVELINESS
    )


async def check_standby(primary: Connection, standby: Connection) -> None:
    """Make sure that one follows the other.

    Raises:
        NotAStandbyError: it does not.
    """
    ours, theirs = await _one(primary, _WHO), await _one(standby, _WHO)
    assert ours is not None
    assert theirs is not None
    if theirs[0] != ours[0]:
        raise NotAStandbyError("FLOWPILOT_REPLICA_URL leads to a copy of another database.")
    if not theirs[1]:
        raise NotAStandbyError("FLOWPILOT_REPLICA_URL leads to a server that is no standby.")


async def position_of_primary(primary: Connection) -> int:
    """How far the primary has written its log."""
    row = await _one(primary, _PRIMARY)
    assert row is not None
    return int(row[0])


async def position_of_standby(standby: Connection) -> int:
    """How far the standby has replayed it.

    Raises:
        NotAStandbyError: it is a standby no longer.
    """
    row = await _one(standby, _STANDBY)
    if row is None or row[0] is None:
        raise NotAStandbyError("The replica is a standby no longer.")
    return int(row[0])


async def nudge(primary: Connection) -> None:
    """Let the primary hand on all that it has.

    What is not part of a commit stays in its memory while it is idle, and no replica can come so far.
    """
    await primary.execute(_NUDGE)


async def _one(connection: Connection, statement: str) -> tuple[Any, ...] | None:
    return await (await connection.execute(statement.encode())).fetchone()
