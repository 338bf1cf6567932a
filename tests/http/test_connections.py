"""Silent or slow connections hold nobody up, on a server that really listens."""

import asyncio
import resource
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from flowpilot.http.body_limits import BodyMiddleware
from flowpilot.http.connections import Connections, allow_connections, most_connections

_SOON_SECONDS = 30.0
NEVER_SECONDS = 3600.0
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"


def until(connection: socket.socket, end: bytes | None = None) -> bytes:
    """What comes until it ends so, or until the connection ends. An answer may come in several parts."""
    received = b""
    while not (end and received.endswith(end)) and (some := connection.recv(1000)):
        received += some
    return received


def app_of(*, grace_seconds: float = NEVER_SECONDS, bytes_per_second: float = 1000) -> FastAPI:
    """It answers with what it was sent, or streams until it is stopped."""
    app = FastAPI()
    app.add_middleware(BodyMiddleware, grace_seconds=grace_seconds, bytes_per_second=bytes_per_second)
    app.state.goes_on = threading.Event()

    @app.post("/")
    @app.get("/")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def words() -> AsyncIterator[bytes]:
            yield b"first "
            await asyncio.to_thread(app.state.goes_on.wait)
            yield b"last"

        return StreamingResponse(words())

    return app


class Server:
    """A server in a thread, and clients that speak to it byte by byte."""

    def __init__(self, port: int, connections: Connections, registry: CollectorRegistry, app: FastAPI) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.port, self.connections, self.registry, self.app = port, connections, registry, app

    def connect(self, stack: ExitStack, said: bytes = b"") -> socket.socket:
        """A connection on which this has been sent."""
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", self.port), _SOON_SECONDS))
        connection.sendall(said)
        return connection

    def dropped(self, reason: str) -> float | None:
        labels = {"reason": reason}
        return self.registry.get_sample_value("flowpilot_http_connections_dropped_total", labels)


@contextmanager
def serving(app: FastAPI, *, most: int = 100, head_seconds: float = NEVER_SECONDS) -> Iterator[Server]:
    registry = CollectorRegistry()
    connections = Connections(most, head_seconds=head_seconds, registry=registry)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=connections.protocol, log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Server(listening.getsockname()[1], connections, registry, app)
        finally:
            app.state.goes_on.set()
            server.should_exit = True
            thread.join(_SOON_SECONDS)
            assert not thread.is_alive()


@pytest.mark.parametrize("said", [b"", HALF_A_HEAD, b"\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(said: bytes) -> None:
    with serving(app_of(), head_seconds=0.1) as server, ExitStack() as stack:
        assert server.connect(stack, said).recv(100) == b""
        assert server.dropped("slow_head") == 1


def test_so_does_a_second_head_that_does_not_come() -> None:
    with serving(app_of(), head_seconds=0.1) as server, ExitStack() as stack:
        connection = server.connect(stack, HALF_A_HEAD + b"\r\n")
        assert until(connection, b"\r\n\r\n0").startswith(b"HTTP/1.1 200 OK")
        connection.sendall(HALF_A_HEAD)
        assert connection.recv(100) == b""
        assert server.dropped("slow_head") == 1


def test_a_stream_outlives_the_time_for_a_head() -> None:
    with serving(app_of(), head_seconds=0.1) as server, ExitStack() as stack:
        answer = stack.enter_context(httpx2.stream("GET", f"{server.address}/stream"))
        words = answer.iter_raw()
        assert next(words) == b"first "
        assert server.connect(stack).recv(100) == b""
        server.app.state.goes_on.set()
        assert next(words) == b"last"


def test_idle_connections_shut_nobody_out() -> None:
    with serving(app_of(), most=5) as server, ExitStack() as stack:
        idle = [server.connect(stack, HALF_A_HEAD) for _ in range(8)]
        assert httpx2.get(server.address).status_code == 200
        # Those that came first made room for those that came last, and for the request.
        assert [connection.recv(100) for connection in idle[:4]] == [b""] * 4
        idle[-1].sendall(b"\r\n")
        assert idle[-1].recv(100).startswith(b"HTTP/1.1 200 OK")
        assert server.dropped("made_room") == 4


def test_a_body_that_has_not_come_makes_room_too() -> None:
    with serving(app_of(), most=1) as server, ExitStack() as stack:
        slow = server.connect(stack, b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n1234")
        assert httpx2.get(server.address).status_code == 200
        assert slow.recv(100) == b""


def test_one_connection_above_the_limit_is_refused() -> None:
    with serving(app_of(), most=1) as server, ExitStack() as stack:
        answer = stack.enter_context(httpx2.stream("GET", f"{server.address}/stream"))
        words = answer.iter_raw()
        assert next(words) == b"first "
        refused = httpx2.get(server.address)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["type"] == "urn:flowpilot:problem:too-many-connections"
        server.app.state.goes_on.set()
        assert next(words) == b"last"
        assert server.dropped("refused") == 1


def test_a_body_that_does_not_come_is_408_and_the_end() -> None:
    with serving(app_of(grace_seconds=0.1)) as server, ExitStack() as stack:
        connection = server.connect(stack, b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n")
        answer = until(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"content-type: application/problem+json\r\n" in head
    assert b'"type":"urn:flowpilot:problem:too-slow"' in body


def test_a_body_that_comes_slowly_but_steadily_is_taken() -> None:
    """Each part that arrives gives time for the rest."""
    with serving(app_of(grace_seconds=0.2, bytes_per_second=100)) as server, ExitStack() as stack:
        head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10001\r\n\r\n"
        connection = server.connect(stack, head + b"x" * 10_000)
        assert server.connect(stack, head).recv(1000).startswith(b"HTTP/1.1 408")
        connection.sendall(b"x")
        answer = until(connection, b"\r\n\r\n10001")
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_a_process_has_descriptors_for_its_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        assert most_connections(10) == 914
        # A server takes as many as it may have, up to what it has a use for.
        assert most_connections(10, at_most=True) > 914
        allow_connections(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, 10_110), hard)
        assert most_connections(10) == most_connections(10, at_most=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
