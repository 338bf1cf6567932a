"""What `flowpilot doctor` says of the replica."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import psycopg

from flowpilot.db.replica import looking
from flowpilot.db.replica.place import replica_url
from flowpilot.errors import FlowPilotError
from flowpilot.settings import Settings

Check = tuple[bool, str]

_PAUSE_SECONDS = 0.05
_REVISION = "SELECT version_num FROM alembic_version"
_ROLE = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


async def replica_checks(settings: Settings, runtime_url: str) -> list[Check]:
    """Whether the replica answers, follows this primary and is held by row security; nothing without one."""
    if settings.replica_url is None:
        return []
    found: list[Check] = []
    try:
        url = replica_url(settings.replica_url.get_secret_value(), runtime_url)
        async with AsyncExitStack() as stack:
            primary = await stack.enter_async_context(await looking.connect(runtime_url))
            standby = await stack.enter_async_context(await looking.connect(url))
            async for check in _checks(primary, standby, settings.replica_lag_seconds):
                found.append(check)  # noqa: PERF401 (what was found before a failure is said)
    except FlowPilotError as error:
        found.append((False, error.detail))
    except psycopg.OperationalError as error:
        found.append((False, f"the replica does not answer: {' '.join(str(error).split())}"))
    return found


async def _checks(
    primary: looking.Connection, standby: looking.Connection, most_seconds: float
) -> AsyncIterator[Check]:
    await looking.check_standby(primary, standby)
    yield True, "the replica answers, and is a standby of this database"
    role, is_mighty = await _row(standby, _ROLE)
    yield not is_mighty, f"the role {role} cannot bypass row security at the replica"
    seconds = await _lag(primary, standby, most_seconds)
    behind = f"more than {most_seconds:.1f}" if seconds is None else f"{seconds:.1f}"
    yield seconds is not None, f"the replica is {behind} s behind (up to {most_seconds} s it is read)"
    [theirs], [ours] = await _row(standby, _REVISION), await _row(primary, _REVISION)
    yield theirs == ours, f"the replica is at revision {theirs}, the primary at {ours}"


async def _lag(primary: looking.Connection, standby: looking.Connection, most_seconds: float) -> float | None:
    """How long the replica takes to come where the primary is; None if it takes longer than that."""
    await looking.nudge(primary)
    began = time.monotonic()
    position = await looking.position_of_primary(primary)
    await looking.nudge(primary)
    while await looking.position_of_standby(standby) < position:
        if time.monotonic() - began > most_seconds:
            return None
        await asyncio.sleep(_PAUSE_SECONDS)
    return time.monotonic() - began


async def _row(connection: looking.Connection, statement: str) -> tuple[Any, ...]:
    row = await (await connection.execute(statement.encode())).fetchone()
    assert row is not None
    return row
