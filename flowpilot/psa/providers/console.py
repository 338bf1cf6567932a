"""A ticket system that prints a line for all that is posted to it, for development and the demo.

It keeps what was posted in a file of the account's own, so that each posting lives the whole life that it
has with a real system. Every ticket number exists; those in `tickets.json` have more than a number. None has an
address, because there is no page to open.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from pydantic import TypeAdapter

from flowpilot.clock import now
from flowpilot.http.fields import Body
from flowpilot.psa.client import Access
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.provider import (
    Accepted,
    Board,
    BooksFor,
    Capabilities,
    Client,
    Finding,
    Level,
    Marker,
    Member,
    Outcome,
    PostingStepKind,
    Record,
    Status,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
)
from flowpilot.psa.texts import OtherId

_BOARD = Board("1", "Service desk", (Status("new", "New"), Status("closed", "Closed", is_closed=True)))
_MEMBERS = TypeAdapter(list[Member])


class Credentials(Body):
    """It needs none."""


class Settings(Body):
    """It has none."""


@dataclass(frozen=True, slots=True)
class KnownTicket(Ticket):
    """A ticket of `tickets.json`, and the member whose it is."""

    member_id: OtherId = None


_TICKETS = TypeAdapter(list[KnownTicket])


class _Line(TypedDict):
    """One thing that was posted, as the file keeps it."""

    id: str
    ticket: str
    kind: str
    marker: str
    internal: bool
    text: str | None
    minutes: int | None
    member: str | None
    at: str


class Console:
    """Prints a line for each record to the standard error, and keeps all of it in the file `posted.jsonl`."""

    capabilities = Capabilities(
        has_joint_records=False,
        books_for=BooksFor.ANY_MEMBER,
        marker=Marker.SEARCH,
        slowest_answer_seconds=1,
        takes_files=True,
        history_lacks="It keeps no history of tickets.",
    )

    def __init__(self, access: Access, _credentials: Credentials, _settings: Settings) -> None:
        self._directory = access.files

    async def check(self) -> Sequence[Finding]:
        """Nothing can be missing."""
        return [Finding(Level.OK, "Postings are printed by the process that runs the jobs; nothing leaves it.")]

    async def search(self, query: TicketQuery) -> TicketPage:
        """The tickets of `tickets.json` that have all words."""
        words, set_to = query.text.lower().split(), self._statuses()
        known = [
            _with_status(ticket, set_to.get(ticket.id))
            for ticket in self._tickets()
            if query.member_id in {None, ticket.member_id}
            and all(word in f"{ticket.id} {ticket.summary} {ticket.client}".lower() for word in words)
        ]
        found = [ticket for ticket in known if not (query.is_open and ticket.is_closed)]
        start = read_cursor(query.cursor, 0)
        after = start + query.limit
        return TicketPage(found[start:after], str(after) if after < len(found) else None)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """The ticket of `tickets.json`, or one that has only this number."""
        known = next((ticket for ticket in self._tickets() if ticket.id == ticket_id), None)
        ticket = known or Ticket(ticket_id, None, f"Ticket {ticket_id}")
        return _with_status(ticket, self._statuses().get(ticket_id))

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """What was posted to the ticket, newest first."""
        notes = [
            TicketNote(line["member"], line["text"], line["internal"], datetime.fromisoformat(line["at"]))
            for line in self._lines(ticket_id)
            if line["text"] is not None
        ]
        return notes[::-1][:limit]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:  # noqa: ARG002
        """It has none: what was posted says nothing of a ticket's beginning."""
        return HistoryPage([])

    async def list_members(self) -> Sequence[Member]:
        """The people of `members.json`."""
        return _MEMBERS.validate_json(_read(self._directory / "members.json"))

    async def read_owner(self) -> str | None:
        """Nobody asks: time is booked for any member, so no member's own credentials are used."""
        return None

    async def list_clients(self) -> Sequence[Client]:
        """The clients of the tickets in `tickets.json`."""
        names = {ticket.client_id or ticket.client: ticket.client for ticket in self._tickets() if ticket.client}
        return sorted(
            (Client(str(key), name) for key, name in names.items() if name), key=lambda client: client.name
        )

    async def list_boards(self) -> Sequence[Board]:
        """One board."""
        return [_BOARD]

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """The posted line with this marker."""
        found = (line["id"] for line in self._lines(ticket_id) if (line["marker"], line["kind"]) == (marker, kind))
        return next(found, None)

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The minutes of the posted line with this marker."""
        return next((line["minutes"] for line in self._lines(ticket_id) if line["marker"] == marker), None)

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Print a note, a time, or the name of a file."""
        kind = PostingStepKind.NOTE if record.text is not None else PostingStepKind.TIME
        kind = PostingStepKind.FILE if record.file is not None else kind
        member = record.author_id if record.time is None else record.time.member_id
        return self._post(
            ticket_id,
            kind,
            marker=record.marker,
            internal=record.audience == "internal",
            text=record.text,
            minutes=None if record.time is None else record.time.minutes,
            member=member,
        )

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Print a status."""
        accepted = self._post(ticket_id, PostingStepKind.STATUS, marker=status_id, text=None)
        return Accepted(status_id) if isinstance(accepted, Accepted) else accepted

    async def aclose(self) -> None:
        """Nothing is open."""

    def _post(self, ticket_id: str, kind: PostingStepKind, **said: Any) -> Outcome:
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / "posted.jsonl").open("a") as file:
            number = str(file.tell())
            line = {"internal": True, "minutes": None, "member": None, **said}
            file.write(
                json.dumps({"id": number, "ticket": ticket_id, "kind": kind, "at": now().isoformat(), **line})
                + "\n"
            )
        sys.stderr.write(f"ticket {ticket_id}: {_in_short(kind, line)}\n")
        return Accepted(number)

    def _lines(self, ticket_id: str) -> Iterator[_Line]:
        return (line for line in self._posted() if line["ticket"] == ticket_id)

    def _posted(self) -> Iterator[_Line]:
        path = self._directory / "posted.jsonl"
        for text in path.read_text().splitlines() if path.exists() else []:
            line: _Line = json.loads(text)
            yield line

    def _statuses(self) -> dict[str, str]:
        """The status that was set last, by ticket."""
        return {
            line["ticket"]: line["marker"] for line in self._posted() if line["kind"] == PostingStepKind.STATUS
        }

    def _tickets(self) -> Sequence[KnownTicket]:
        return _TICKETS.validate_json(_read(self._directory / "tickets.json"))


def _with_status(ticket: Ticket, set_to: str | None) -> Ticket:
    status_id = set_to or ("closed" if ticket.is_closed else "new")
    status = next((one for one in _BOARD.statuses if one.id == status_id), _BOARD.statuses[0])
    return replace(
        ticket,
        board=_BOARD.name,
        board_id=_BOARD.id,
        status=status.name,
        status_id=status.id,
        is_closed=status.is_closed,
    )


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b"[]"


def _in_short(kind: PostingStepKind, line: dict[str, Any]) -> str:
    """One line, so that a terminal still shows what else it says. The file has all of it."""
    if kind is PostingStepKind.NOTE:
        return f"note, {'internal' if line['internal'] else 'for the client'}, {len(line['text'])} characters"
    if kind is PostingStepKind.FILE:
        return f"file {line['text']}, {'internal' if line['internal'] else 'for the client'}"
    return (
        f"{line['minutes']} min of {line['member']}"
        if kind is PostingStepKind.TIME
        else f"status {line['marker']}"
    )
