"""What stands between FlowPilot and a ticket system in the tests: a network that fails as planned."""

import http.client
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_OF_ONE_CONNECTION = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


@dataclass(frozen=True)
class Passed:
    """One request that reached the proxy."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Proxy:
    """Passes requests on to the ticket system, unless something else is planned for the next ones.

    What is planned is for requests that change something, in their order; all others pass. While it is down, every
    connection is closed without an answer.
    """

    target: int
    port: int = 0
    is_down: bool = False
    requests: list[Passed] = field(default_factory=list)
    planned: deque[Any] = field(default_factory=deque)
    held: list[Passed] = field(default_factory=list)
    is_a_change: Callable[[Passed], bool] = lambda request: request.method != "GET"

    @property
    def url(self) -> str:
        """The address of the ticket system through this proxy."""
        return f"http://127.0.0.1:{self.port}"

    def will_lose_answers(self, count: int = 1) -> None:
        """Pass the next changes on, and close their connections instead of answering."""
        self.planned.extend(["lose"] * count)

    def will_pass_on_late(self) -> None:
        """Close the connection of the next change without an answer, and keep the change for `pass_on`."""
        self.planned.append("hold")

    def pass_on(self) -> None:
        """Let the ticket system do what was kept from it."""
        for request in self.held:
            self.forward(request)
        self.held.clear()

    def will_answer_500_after_the_change(self) -> None:
        """Pass the next change on, and answer 500 all the same."""
        self.planned.append("break")

    def will_answer(self, status: int, **headers: str) -> None:
        """Answer the next change at once, without passing it on."""
        self.planned.append((status, {name.replace("_", "-"): value for name, value in headers.items()}))

    @property
    def changes(self) -> list[Passed]:
        """The requests that were to change something."""
        return [request for request in self.requests if self.is_a_change(request)]

    def plan_for(self, request: Passed) -> Any:
        """What is planned for this request."""
        return self.planned.popleft() if self.planned and self.is_a_change(request) else None

    def forward(self, request: Passed) -> tuple[int, dict[str, str], bytes]:
        """What the ticket system answers to a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        headers = {k: v for k, v in request.headers.items() if k not in _OF_ONE_CONNECTION}
        connection.request(request.method, request.path, body=request.body or None, headers=headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    proxy: Proxy

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Passed(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.proxy.requests.append(request)
        if self.proxy.is_down:
            return
        plan = self.proxy.plan_for(request)
        if isinstance(plan, tuple):
            self._answer(plan[0], plan[1], b"{}")
            return
        if plan == "hold":
            self.proxy.held.append(request)
            return
        status, headers, answer = self.proxy.forward(request)
        if plan == "break":
            self._answer(500, {}, b"")
        elif plan != "lose":
            self._answer(status, headers, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the library calls them so

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def proxy_to(target: int) -> Iterator[Proxy]:
    """A proxy in front of the ticket system at that port of this machine, for as long as the context lasts."""
    proxy = Proxy(target)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
