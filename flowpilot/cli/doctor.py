"""`flowpilot doctor`: is this installation sound?"""

import asyncio
import platform
import shutil
import sys
from collections.abc import Iterator

import psycopg
import typer

from flowpilot import __version__
from flowpilot.cli.common import EXIT_FAILED, errors
from flowpilot.cli.connection import has_demo_accounts, read_database
from flowpilot.cli.replica import replica_checks
from flowpilot.copilot.ask import problem as ai_problem
from flowpilot.db.connect import OLDEST_VERSION
from flowpilot.errors import FlowPilotError
from flowpilot.flows.matching.meaning import model
from flowpilot.http.connections import most_connections
from flowpilot.migrations.spread.health import checks as spread_checks
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.settings import get_settings

_LOW_DISK_BYTES = 2 * 1024**3
# A help desk of some hundred people, each with a few pages, after a lost connection in twice as many for a moment.
_FEW_CONNECTIONS = 1_000


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def doctor() -> None:
    """Check the installation, and say how to mend what is wrong."""
    sound = True
    for passed, what in _checks():
        errors.print(f"[green]ok[/]    {what}" if passed else f"[bold red]wrong[/] {what}", soft_wrap=True)
        sound = sound and passed
    if not sound:
        sys.exit(EXIT_FAILED)


def _checks() -> Iterator[tuple[bool, str]]:
    settings = get_settings()
    yield True, f"FlowPilot {__version__} on Python {platform.python_version()}"
    yield (
        True,
        f"database: {'embedded in ' + str(settings.data_dir) if settings.database_url is None else 'external'}",
    )
    fault = ai_problem(settings)
    yield fault is None, fault or f"AI copilot: {settings.ai_model or 'off'}"
    yield True, f"matching by meaning: {model() or 'off, only words are matched (pip install flowpilot[meaning])'}"
    place = settings.data_dir.absolute()
    free = shutil.disk_usage(next(there for there in (place, *place.parents) if there.exists())).free
    yield (
        free > _LOW_DISK_BYTES,
        f"free disk at {settings.data_dir}: {free / 1024**3:.1f} GiB (2 GiB or more is safe)",
    )
    yield _room_for_connections(settings.database_pool_size)
    try:
        with read_database() as urls:
            yield True, f"at revision {newest_revision()}"
            yield from _runtime_role(urls.runtime)
            yield from spread_checks(urls.owner, urls.runtime)
            yield from asyncio.run(replica_checks(settings, urls.runtime))
            yield not has_demo_accounts(urls.owner), "no demo accounts (their password is public)"
    except FlowPilotError as error:
        yield False, error.detail


def _room_for_connections(database_pool_size: int) -> tuple[bool, str]:
    room = most_connections(database_pool_size, at_most=True)
    said = f"file descriptors: room for {room:,} connections in each server process, one for each open page"
    if room >= _FEW_CONNECTIONS:
        return True, said
    return False, f"{said}: allow more with LimitNOFILE in the unit, or ulimit -Hn"


def _runtime_role(url: str) -> Iterator[tuple[bool, str]]:
    with psycopg.connect(url) as connection:
        version = connection.info.server_version // 10000
        yield version >= OLDEST_VERSION, f"PostgreSQL {version} ({OLDEST_VERSION} or newer is needed)"
        role = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert role is not None
        yield not role[1], f"the runtime role {role[0]} cannot bypass row security"
        owned = connection.execute("SELECT FROM pg_tables WHERE tableowner = current_user").rowcount
        yield owned == 0, "the runtime role owns no table, so it cannot switch off row security"
        unstated = connection.execute("SELECT count(*) FROM ai_sessions").fetchone()
        yield unstated == (0,), "no row is visible unless an account is set"
