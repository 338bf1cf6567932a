"""The connections of a server: how many there may be, and how long a request's head may take to arrive.

uvicorn limits the time between two requests, but not the time of a request's head.
"""

import asyncio
import resource
from contextlib import suppress
from functools import partial
from typing import Any, cast

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from flowpilot.http.problems import problem

_HEAD_SECONDS = 20
_RETRY_AFTER_SECONDS = 5
# What else a process has open: database connections of the worker and the listeners, outgoing messages, files.
_OTHER_DESCRIPTORS = 100
_FEWEST, _MOST = 16, 10_000


def allow_connections(database_pool_size: int) -> None:
    """Let the process have as many file descriptors as it can use: often it has few, but may have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _descriptors(hard, database_pool_size)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        # A system may allow less than it says; then it stays as it is.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def most_connections(database_pool_size: int, *, at_most: bool = False) -> int:
    """How many connections the process has file descriptors for; with `at_most`, as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    left = _descriptors(hard if at_most else soft, database_pool_size) - _OTHER_DESCRIPTORS - database_pool_size
    return max(left, _FEWEST)


def _descriptors(limit: int, database_pool_size: int) -> int:
    """How many of the descriptors under a limit a server has a use for."""
    useful = _MOST + _OTHER_DESCRIPTORS + database_pool_size
    return useful if limit == resource.RLIM_INFINITY else min(limit, useful)


class Connections:
    """The connections of one server.

    Connections that wait for a request, or for the rest of one, are kept in the order in which they began to wait.
    If there are too many, the first of them is dropped. A connection whose request has arrived is never dropped.
    """

    def __init__(
        self, most: int, *, head_seconds: float = _HEAD_SECONDS, registry: CollectorRegistry | None = None
    ) -> None:
        self.most = most
        self.head_seconds = head_seconds
        self.waiting = dict["Connection", None]()
        self.open = Gauge(
            "flowpilot_http_connections", "Open connections.", registry=registry, multiprocess_mode="livesum"
        )
        self.dropped = Counter(
            "flowpilot_http_connections_dropped",
            "Connections that were closed before they had an answer, by the reason.",
            ["reason"],
            registry=registry,
        )
        for reason in ("slow_head", "made_room", "refused"):
            self.dropped.labels(reason)

    @property
    def protocol(self) -> type[asyncio.Protocol]:
        """The class that uvicorn makes for each connection."""
        return cast("type[asyncio.Protocol]", partial(Connection, self))

    def make_room(self) -> bool:
        """Drop the connection that has waited longest, if there is one."""
        if not self.waiting:
            return False
        next(iter(self.waiting)).drop("made_room")
        return True


class Connection(HttpToolsProtocol):
    """One connection, which is dropped if the head of a request does not come in time."""

    def __init__(self, all_of_them: Connections, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._all = all_of_them
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and refuse its request if there are too many."""
        super().connection_made(transport)
        self._all.open.inc()
        if len(self.connections) > self._all.most and not self._all.make_room():
            self._all.dropped.labels("refused").inc()
            self.app = _refuse
        self._note_whether_it_waits()
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        super().connection_lost(exc)
        self._all.open.dec()
        self._all.waiting.pop(self, None)
        self._stop_head_timer()

    def drop(self, reason: str) -> None:
        """Close the connection without an answer."""
        self._all.dropped.labels(reason).inc()
        self._all.waiting.pop(self, None)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on. Data that arrives while no answer is due is the beginning of a head."""
        if not self._is_answering:
            self._start_head_timer()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """The head has arrived."""
        self._stop_head_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body has arrived."""
        super().on_message_complete()
        self._note_whether_it_waits()

    def on_response_complete(self) -> None:
        """The answer is sent."""
        super().on_response_complete()
        self._note_whether_it_waits()

    @property
    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _note_whether_it_waits(self) -> None:
        if self._is_answering and not self.cycle.more_body:
            self._all.waiting.pop(self, None)
        else:
            self._all.waiting.setdefault(self)

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._all.head_seconds, self.drop, "slow_head")

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "The server has no connection left. Try again soon."
    answer = problem(Request(scope), 503, "too-many-connections", detail)
    answer.headers.update({"Connection": "close", "Retry-After": str(_RETRY_AFTER_SECONDS)})
    await answer(scope, receive, send)
