"""A proxy in front of the demo, such as Caddy, which can be made to answer with an error itself."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from select import select
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import urlsplit

_CHUNK_BYTES = 65536


class Proxy(ThreadingHTTPServer):
    """Passes requests on, each over a connection of its own."""

    # Its end waits for all that is passed on.
    daemon_threads = False

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.refusal: tuple[int, str] | None = None
        self.handlers = set[_Handler]()

    @contextmanager
    def refusing(self, status: int, path: str = "/") -> Iterator[None]:
        """Break off open requests and answer with an error instead, for all paths with this beginning."""
        self.refusal = status, path
        self.break_off(path)
        yield
        self.refusal = None

    def break_off(self, path: str = "/") -> None:
        """End the open connections, as a stopping server does."""
        for handler in list(self.handlers):
            if handler.path.startswith(path):
                handler.break_off()


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def break_off(self) -> None:
        """Cut both connections."""
        for connection in (self.connection, self.upstream.sock):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""

    def _answer(self) -> None:
        if self.server.refusal is not None and self.path.startswith(self.server.refusal[1]):
            self.send_error(self.server.refusal[0])
            return
        with closing(HTTPConnection(self.server.upstream)) as self.upstream, suppress(OSError):
            self.upstream.connect()
            self.server.handlers.add(self)
            try:
                self._pass_on()
            finally:
                self.server.handlers.remove(self)

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self.upstream.request(self.command, self.path, body, {**kept, "Connection": "close"})
        # The answer is passed on as it is, until one of the two has closed: who has left is noticed at once.
        while self._has_answer() and (chunk := self.upstream.sock.recv(_CHUNK_BYTES)):
            self.wfile.write(chunk)

    def _has_answer(self) -> bool:
        """Wait for more of the answer, or for the client to close."""
        ready, _, _ = select([self.upstream.sock, self.connection], [], [])
        return self.connection not in ready
