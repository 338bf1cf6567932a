"""`flowpilot serve` and `flowpilot doctor`."""

import asyncio
import contextlib
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
import uvicorn

from flowpilot import __version__
from flowpilot.cli.common import EXIT_FAILED, errors, new_database, open_database, read_database, with_connections
from flowpilot.copilot.ask import problem as ai_problem
from flowpilot.db.connect import OLDEST_VERSION, DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.db.watch import keep_running
from flowpilot.demo.world import ACCOUNTS
from flowpilot.errors import FlowPilotError
from flowpilot.http.connections import Connections, most_connections
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.settings import get_settings
from flowpilot.supervisor import Supervisor, Up

if TYPE_CHECKING:
    from flowpilot.handoffs.live.hub import Hub

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]

_GRACE_SECONDS = 10
_DEMO_WARNING = (
    "This database holds the demo accounts, whose password everybody knows. "
    "For real work, start with another FLOWPILOT_DATA_DIR or database."
)
_LOW_DISK_BYTES = 2 * 1024**3


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(serve)
    app.command()(worker)
    app.command()(doctor)


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run jobs (notifications, leases) in this process, too.")
    ] = True,
) -> None:
    """Serve FlowPilot until stopped."""
    with new_database() as urls:
        if _has_demo_accounts(urls.owner):
            errors.print(f"[yellow]warning:[/] {_DEMO_WARNING}", soft_wrap=True)
        run_server(urls, host, port, with_worker=with_worker, is_first_run=not _has_accounts(urls.owner))


def worker() -> None:
    """Run jobs (notifications, leases, idle sessions) until stopped, beside servers started with --no-worker."""
    from flowpilot.worker import work  # noqa: PLC0415 - as with the app

    settings = get_settings()

    async def run_jobs(database: Database) -> None:
        supervisor = Supervisor()
        if urls.embedded_in is not None:
            supervisor.add("postgresql", partial(keep_running, urls.embedded_in, urls.runtime))
        is_up = asyncio.Event()

        async def keep_working(up: Up) -> None:
            def say_up() -> None:
                is_up.set()
                up()

            await work(settings, urls.runtime, database, say_up)

        supervisor.add("jobs", keep_working)
        async with supervisor.running():
            await is_up.wait()
            errors.print("Waiting for jobs (stop with Ctrl-C).")
            await asyncio.Event().wait()

    with open_database() as urls, contextlib.suppress(KeyboardInterrupt, SystemExit):
        asyncio.run(with_connections(urls.runtime, run_jobs, pool_size=settings.database_pool_size))


class ListenError(FlowPilotError):
    """The address cannot be listened on."""


def run_server(
    urls: DatabaseUrls, host: str, port: int, *, with_worker: bool = True, is_first_run: bool = False
) -> None:
    """Serve the app over an open, migrated database; returns when the server was told to stop.

    Raises:
        ListenError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ListenError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.") from error
    # The whole app takes a second to import, which no other command should wait for.
    from flowpilot.app import create_app  # noqa: PLC0415

    settings = get_settings()
    app = create_app(
        settings,
        urls.runtime,
        with_worker=with_worker,
        embedded_in=urls.embedded_in,
        is_first_run=is_first_run,
    )
    most = most_connections(settings.database_pool_size)
    config = uvicorn.Config(
        app,
        http=Connections(most, registry=app.state.metrics.registry).protocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config, app.state.live, app.state.setup_code)
    # Once it has served, being told to stop is its good end.
    with listening, contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(EXIT_FAILED)


class _Server(uvicorn.Server):
    """Says where it listens once it does, so that `--port 0` is of use, and stops without waiting for streams."""

    def __init__(self, config: uvicorn.Config, live: "Hub", setup_code: str | None = None) -> None:
        super().__init__(config)
        self._live = live
        self._setup_code = setup_code

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            host, port = listening.getsockname()[:2]
            errors.print(f"FlowPilot listens on http://{host}:{port} (stop with Ctrl-C).", soft_wrap=True)
            if self._setup_code is not None:
                errors.print(
                    f"Nobody can sign in yet. Set it up at http://{host}:{port}/setup?code={self._setup_code}",
                    soft_wrap=True,
                )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.stop()
        await super().shutdown(sockets)


def doctor() -> None:
    """Check the installation and say what to do about what is wrong."""
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
    place = settings.data_dir.absolute()
    free = shutil.disk_usage(next(there for there in (place, *place.parents) if there.exists())).free
    yield (
        free > _LOW_DISK_BYTES,
        f"free disk at {settings.data_dir}: {free / 1024**3:.1f} GiB (2 GiB or more is safe)",
    )
    try:
        with read_database() as urls:
            yield True, f"at revision {newest_revision()}"
            yield from _runtime_role(urls.runtime)
            yield not _has_demo_accounts(urls.owner), "no demo accounts, whose password everybody knows"
    except FlowPilotError as error:
        yield False, error.detail


def _has_demo_accounts(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        ids = [account.id for account in ACCOUNTS]
        return connection.execute("SELECT FROM accounts WHERE id = ANY(%s)", [ids]).rowcount > 0


def _has_accounts(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        return connection.execute("SELECT FROM accounts LIMIT 1").rowcount > 0


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
        yield owned == 0, "the runtime role owns no table, so that it cannot switch row security off"
        unstated = connection.execute("SELECT count(*) FROM ai_sessions").fetchone()
        yield unstated == (0,), "without an account stated, no row is seen"
