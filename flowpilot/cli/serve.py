"""`flowpilot serve`: the server."""

import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
import uvicorn

from flowpilot.cli.common import EXIT_FAILED, errors
from flowpilot.cli.connection import has_demo_accounts, new_database
from flowpilot.db.connect import DatabaseUrls
from flowpilot.errors import FlowPilotError
from flowpilot.http.connections import Connections, most_connections
from flowpilot.settings import get_settings

if TYPE_CHECKING:
    from flowpilot.live.hub import Hub

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]

_GRACE_SECONDS = 10
_DEMO_WARNING = (
    "This database holds the demo accounts, whose password is public. "
    "For real work, use another FLOWPILOT_DATA_DIR or database."
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run jobs (notifications, leases) in this process.")
    ] = True,
) -> None:
    """Serve FlowPilot until stopped."""
    with new_database() as urls:
        if has_demo_accounts(urls.owner):
            errors.print(f"[yellow]warning:[/] {_DEMO_WARNING}", soft_wrap=True)
        run_server(urls, host, port, with_worker=with_worker, is_first_run=not _has_accounts(urls.owner))


class ListenError(FlowPilotError):
    """The server cannot listen on this address."""


def run_server(
    urls: DatabaseUrls, host: str, port: int, *, with_worker: bool = True, is_first_run: bool = False
) -> None:
    """Serve the app from an open, migrated database until the server is told to stop.

    Raises:
        ListenError: the port is taken, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ListenError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.") from error
    # The whole app takes seconds to import, which neither --help nor a taken port should wait for.
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
    # Being told to stop is a normal end.
    with listening, contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(EXIT_FAILED)


class _Server(uvicorn.Server):
    """Prints its address once it listens, so that `--port 0` is useful, and stops without waiting for streams."""

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
                    f"Nobody can sign in yet. Set up FlowPilot at http://{host}:{port}/setup?code={self._setup_code}",
                    soft_wrap=True,
                )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.stop()
        await super().shutdown(sockets)


def _has_accounts(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        return connection.execute("SELECT FROM accounts LIMIT 1").rowcount > 0
