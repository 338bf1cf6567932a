"""One server: the app, listening in this process."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from flowpilot.cli.common import EXIT_FAILED, errors
from flowpilot.db.connect import DatabaseUrls
from flowpilot.errors import FlowPilotError
from flowpilot.http.connections import Connections, allow_connections, most_connections
from flowpilot.http.metrics import Registry
from flowpilot.settings import get_settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from flowpilot.live.hub import Hub

_GRACE_SECONDS = 10
_TICKS_A_SECOND = 10


class ListenError(FlowPilotError):
    """The server cannot listen on this address."""


def listen_on(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        ListenError: the port is taken, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ListenError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port.") from error


def run_server(
    urls: DatabaseUrls, host: str, port: int, *, with_worker: bool = True, is_first_run: bool = False
) -> None:
    """Serve the app from an open, migrated database until the server is told to stop.

    Raises:
        ListenError: the port is taken, or the address does not belong to this machine.
    """
    with listen_on(host, port) as listening:
        app = new_app(urls, with_worker=with_worker, is_first_run=is_first_run)
        server_of(app, on_started=lambda: say_address(listening, app.state.setup_code)).run_on(listening)


def new_app(
    urls: DatabaseUrls, *, with_worker: bool, is_first_run: bool, registry: Registry | None = None
) -> "FastAPI":
    """The app on this database, with the settings of this process."""
    # The whole app takes seconds to import, which neither --help nor a taken port should wait for.
    from flowpilot.app import create_app  # noqa: PLC0415

    return create_app(
        get_settings(),
        urls.runtime,
        with_worker=with_worker,
        embedded_in=urls.embedded_in,
        is_first_run=is_first_run,
        registry=registry,
    )


def say_address(listening: socket.socket, setup_code: str | None) -> None:
    """Print where the server listens, so that `--port 0` is useful, and where to set it up."""
    host, port = listening.getsockname()[:2]
    errors.print(f"FlowPilot listens on http://{host}:{port} (stop with Ctrl-C).", soft_wrap=True)
    if setup_code is not None:
        errors.print(
            f"Nobody can sign in yet. Set up FlowPilot at http://{host}:{port}/setup?code={setup_code}",
            soft_wrap=True,
        )


def server_of(
    app: "FastAPI",
    *,
    on_started: Callable[[], None],
    on_second: Callable[[], None] = lambda: None,
    parent: socket.socket | None = None,
) -> "Server":
    """The server of an app.

    Args:
        on_started: called once it listens.
        on_second: called every second while it runs.
        parent: the server stops when the other end of this is closed; it then leaves logging as it is.
    """
    size = app.state.settings.database_pool_size
    allow_connections(size)
    connections = Connections(most_connections(size), registry=app.state.metrics.registry)
    config = uvicorn.Config(
        app,
        http=connections.protocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    if parent is not None:
        config.log_config = None
    return Server(config, app.state.live, on_started=on_started, on_second=on_second, parent=parent)


class Server(uvicorn.Server):
    """A server that stops without waiting for live streams, whose clients come back on their own."""

    def __init__(
        self,
        config: uvicorn.Config,
        live: "Hub",
        *,
        on_started: Callable[[], None] = lambda: None,
        on_second: Callable[[], None] = lambda: None,
        parent: socket.socket | None = None,
    ) -> None:
        super().__init__(config)
        self._live = live
        self._on_started, self._on_second = on_started, on_second
        self._parent = parent

    def run_on(self, listening: socket.socket) -> None:
        """Serve on this socket until told to stop; end the process if the server cannot start."""
        # Being told to stop is a normal end.
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            self.run(sockets=[listening])
        if not self.started:
            sys.exit(EXIT_FAILED)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self._parent is not None:
            asyncio.get_running_loop().add_reader(self._parent, self._lose_parent)
        self._on_started()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop."""
        if counter % _TICKS_A_SECOND == 0:
            self._on_second()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the other connections."""
        self._live.stop()
        await super().shutdown(sockets)

    def _lose_parent(self) -> None:
        assert self._parent is not None
        asyncio.get_running_loop().remove_reader(self._parent)
        self.should_exit = True
