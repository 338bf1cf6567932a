"""A small ticket system on this machine: what it shows is a dictionary, and it wants a token."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, TypeAdapter

from flowpilot.http.fields import Body, Line
from flowpilot.psa import provider as psa
from flowpilot.psa.client import Access, Client, content
from flowpilot.psa.history import HistoryPage, TicketHistory
from flowpilot.psa.provider import (
    Board,
    Finding,
    Level,
    Member,
    NoSuchTicketError,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
)
from flowpilot.psa.providers import console
from flowpilot.psa.providers.registry import ProviderType

TOKEN = "SECRET-desk-token"


class Credentials(Body):
    """What the desk wants."""

    token: Line = Field(title="Token", description="From your profile.")


class Settings(Body):
    """What differs between desks."""

    books_travel: bool = Field(default=False, title="Books travel")
    sign_in_url: str = Field(default="", title="Sign-in address")


class SmallDesk(console.Console):
    """The provider of the desk; it writes as the console does."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        super().__init__(access, console.Credentials(), console.Settings())
        self._client, self._token = Client(access, "The desk"), credentials.token

    async def _read(self, what: str, **params: str) -> Any:
        answer = await self._client.read("GET", f"/{what}", headers={"Authorization": self._token}, params=params)
        return content(answer) if answer.is_success else None

    async def check(self) -> Sequence[Finding]:
        rights = await self._read("rights")
        return [Finding(Level.ERROR, f"The right to {right} is missing.") for right in rights] or [
            Finding(Level.OK, "All rights are there.")
        ]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        found = await self._read("histories", since=since.isoformat(), cursor=cursor or "")
        return HistoryPage(TypeAdapter(list[TicketHistory]).validate_python(found))

    async def list_members(self) -> Sequence[Member]:
        return TypeAdapter(list[Member]).validate_python(await self._read("members"))

    async def list_clients(self) -> Sequence[psa.Client]:
        return TypeAdapter(list[psa.Client]).validate_python(await self._read("companies"))

    async def list_boards(self) -> Sequence[Board]:
        return TypeAdapter(list[Board]).validate_python(await self._read("boards"))

    async def search(self, query: TicketQuery) -> TicketPage:
        found = await self._read("tickets", q=query.text, member=query.member_id or "")
        return TicketPage(TypeAdapter(list[Ticket]).validate_python(found))

    async def read_ticket(self, ticket_id: str) -> Ticket:
        found = await self._read(f"tickets/{ticket_id}")
        if found is None:
            raise NoSuchTicketError(ticket_id)
        return TypeAdapter(Ticket).validate_python(found)

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        return TypeAdapter(list[TicketNote]).validate_python((await self._read("notes"))[:limit])


SMALL_DESK = ProviderType("Small desk", Credentials, Settings, SmallDesk)


@dataclass
class Desk:
    """What the desk shows, and what it was asked. While it hangs, it answers nothing.

    `meanwhile` is called before each answer.
    """

    port: int = 0
    token: str = TOKEN
    shows: dict[str, Any] = field(
        default_factory=lambda: {
            "rights": [],
            "members": [],
            "companies": [],
            "boards": [],
            "tickets": [],
            "notes": [],
            "histories": [],
        }
    )
    asked: list[str] = field(default_factory=list)
    hangs: bool = False
    meanwhile: Callable[[], object] = lambda: None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address that people open."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """What the desk shows there; None for 404."""
        what, _, ticket_id = path.strip("/").partition("/")
        if ticket_id:
            return next((one for one in self.shows[what] if one["id"] == ticket_id), None)
        words = query.get("q", [""])[0].lower()
        return [one for one in self.shows[what] if what != "tickets" or words in one["summary"].lower()]


class _Handler(BaseHTTPRequestHandler):
    desk: Desk

    def do_GET(self) -> None:
        self.desk.asked.append(self.path)
        self.desk.meanwhile()
        if self.desk.hangs:
            self.desk.stopped.wait()
            return
        there = urlsplit(self.path)
        shown = self.desk.answer(there.path, parse_qs(there.query))
        known = self.headers["Authorization"] == self.desk.token
        body = json.dumps(shown).encode()
        self.send_response(401 if not known else 404 if shown is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_desk() -> Iterator[Desk]:
    """A desk that runs for as long as the context lasts."""
    desk = Desk()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    server.daemon_threads = True
    desk.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield desk
    finally:
        desk.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
