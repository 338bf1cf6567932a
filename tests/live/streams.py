"""Servers that really listen, and clients that really follow their streams."""

import json
import socket
import threading
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn

from flowpilot.app import create_app
from flowpilot.cli.serving.server import Server
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import events
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.live.hub import Hub
from flowpilot.settings import Settings
from tests.company import Company

PATH = "/api/v1/handoffs/stream"
NEVER_SECONDS = 3600.0
_SOON_SECONDS = 30.0


@contextmanager
def serving(
    settings: Settings, urls: DatabaseUrls, *, heartbeat: float = NEVER_SECONDS, patience: float = 60
) -> Iterator[str]:
    """A server in a thread; yields its address. It has to stop by itself, however many streams are open."""
    app = create_app(settings, urls.runtime)
    app.state.live = Hub(
        urls.runtime,
        app.state.database,
        app.state.signing_key,
        heartbeat_seconds=heartbeat,
        patience_seconds=patience,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(uvicorn.Config(app, log_config=None, access_log=False), app.state.live)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_SOON_SECONDS)
            assert not thread.is_alive()


@dataclass
class StreamEvent:
    """One message of a stream; a comment has no event."""

    event: str | None = None
    id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Stream:
    """A stream from its client's side."""

    def __init__(self, answer: httpx2.Response, messages: AsyncIterator[StreamEvent]) -> None:
        self.answer = answer
        self._messages = messages

    async def next(self) -> StreamEvent:
        """The next message, a heartbeat too."""
        return await anext(self._messages)

    async def next_event(self) -> StreamEvent:
        """The next message that is not a heartbeat."""
        while True:
            said = await self.next()
            if said.event is not None:
                return said

    async def numbers(self, count: int) -> list[int]:
        """The numbers of the next events."""
        return [number for _ in range(count) if (number := (await self.next_event()).id) is not None]

    async def rest(self) -> list[StreamEvent]:
        """All that is said until the stream ends."""
        return [said async for said in self._messages if said.event is not None]


@asynccontextmanager
async def client_of(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=_SOON_SECONDS) as client:
        yield client


@asynccontextmanager
async def opened(
    client: httpx2.AsyncClient,
    headers: dict[str, str],
    *,
    after: int | None = None,
    counts: bool = False,
    watch: Sequence[str] = (),
) -> AsyncIterator[Stream]:
    """A stream that has said hello."""
    if after is not None:
        headers = headers | {"Last-Event-ID": str(after)}
    params: dict[str, str | Sequence[str]] = {"watch": watch} | ({"counts": "true"} if counts else {})
    async with client.stream("GET", PATH, headers=headers, params=params) as answer:
        assert answer.status_code == 200, await answer.aread()
        async with aclosing(_messages(answer)) as messages:
            stream = Stream(answer, messages)
            assert (await stream.next_event()).event == "hello"
            yield stream


async def _messages(answer: httpx2.Response) -> AsyncGenerator[StreamEvent]:
    said = StreamEvent()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        match name:
            case "":
                yield said
                said = StreamEvent()
            case "event":
                said.event = value
            case "id":
                said.id = int(value)
            case "data":
                said.data = json.loads(value)


def add_handoff(company: Company) -> uuid.UUID:
    return company.add("session_handoffs", session_id=company.add("ai_sessions"))


async def add_events(
    database: Database,
    company: Company,
    handoff_id: uuid.UUID,
    count: int = 1,
    kind: HandoffEventKind = HandoffEventKind.FIRST_ACTION,
    **content: Any,
) -> None:
    """Events of a handoff, committed together."""
    async with database.write(company.id) as db:
        for _ in range(count):
            events.record(db, company.id, handoff_id, kind, by=company.users[Role.ENGINEER], at=now(), **content)
