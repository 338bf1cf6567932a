"""What FlowPilot needs of a ticket system, and what each of them can do, as data.

One module of `providers/` speaks to each system. Nothing above them knows which one it is: they are told apart by
their capabilities alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from flowpilot.psa.numbers import bare
from flowpilot.psa.outcomes import (
    Accepted,
    CredentialsError,
    NoSuchTicketError,
    Outcome,
    ProviderError,
    Refused,
    TryLater,
    UnavailableError,
    Unknown,
)
from flowpilot.psa.records import Audience, Record, TicketFile, WorkTime
from flowpilot.psa.texts import Id, Name, NoteText, OtherId, Sentence

if TYPE_CHECKING:
    from flowpilot.psa.history import HistoryPage

__all__ = [
    "Accepted",
    "Audience",
    "CredentialsError",
    "NoSuchTicketError",
    "Outcome",
    "ProviderError",
    "Record",
    "Refused",
    "TicketFile",
    "TryLater",
    "UnavailableError",
    "Unknown",
    "WorkTime",
]


class PostingStepKind(StrEnum):
    """What is written to a ticket, in the order in which it is written.

    Time comes before the status, because a status may close the ticket for time; the status comes last, because a
    note for the client may open the ticket again. A file that is refused holds up nothing.
    """

    NOTE = "note"
    TIME = "time"
    FILE = "file"
    STATUS = "status"


class BooksFor(StrEnum):
    """In whose name time can be booked."""

    ANY_MEMBER = "any_member"
    CREDENTIAL_OWNER = "credential_owner"


class Marker(StrEnum):
    """How a record that was written can be found again by the marker that it carries."""

    SEARCH = "search"
    LIST_AND_MATCH = "list_and_match"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a ticket system can do.

    `has_joint_records`: a note and the time of one person are one record there, written by one request.
    `time_unit_seconds`: what a booked time is rounded to.
    `slowest_answer_seconds`: after an unanswered request, how long it may still be written; before that time has
    passed, a look-up that finds nothing proves nothing.
    `parallel_calls`: how many requests a connection may have open at once.
    `takes_files`: a record may have a file, which the readers of the record see and nobody else.
    `history_lacks`: what its history of tickets does not tell, as a sentence; empty if it tells all.
    """

    has_joint_records: bool
    books_for: BooksFor
    marker: Marker
    time_unit_seconds: float = 60
    max_note_chars: int = 60_000
    slowest_answer_seconds: float = 120
    parallel_calls: int = 3
    takes_files: bool = False
    has_boards: bool = True
    history_lacks: str = ""


@dataclass(frozen=True, slots=True)
class TicketNote:
    """A note on a ticket, as plain text, however the system keeps it."""

    author: Name | None
    text: NoteText
    is_internal: bool
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. `id` is the one that answers now: a merged ticket has the id of the one it was merged into.

    `number` is what people call it, if that is not its id. `url` is the address at which they open it; `board` is
    a queue, project or team, as the system calls it.
    """

    id: Id
    url: Sentence | None
    summary: Sentence
    client: Name | None = None
    client_id: OtherId = None
    contact: Name | None = None
    board: Name | None = None
    board_id: OtherId = None
    status: Name | None = None
    status_id: OtherId = None
    priority: Name | None = None
    is_closed: bool = False
    is_deleted: bool = False
    updated_at: datetime | None = None
    number: OtherId = None

    def is_called(self, number: str) -> bool:
        """Whether somebody who says this number means this ticket, and not one that was merged into it."""
        names = {name.casefold() for name in (self.id, self.number) if name is not None}
        return bare(number).casefold() in names or bare(number).lstrip("0") == self.id


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Tickets that were found, and what to pass on to find more."""

    items: Sequence[Ticket]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person who works in the ticket system, or FlowPilot's own user there (`is_own`).

    `id` is what its records name; `email` is as they typed it.
    """

    id: Id
    name: Name
    email: Name | None = None
    is_active: bool = True
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A company that the desk works for, as the ticket system knows it."""

    id: Id
    name: Name


@dataclass(frozen=True, slots=True)
class Status:
    """A status that tickets of one board may have."""

    id: Id
    name: Name
    is_closed: bool = False
    allows_time: bool = True


@dataclass(frozen=True, slots=True)
class Board:
    """A queue, project or team, and the statuses of its tickets; without any, `hint` may say what to do."""

    id: Id
    name: Name
    statuses: Sequence[Status] = ()
    hint: Sentence | None = None


class Level(StrEnum):
    """How much a finding matters: an error stops postings, a warning explains what to expect."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check of a connection has found, as a sentence for a person."""

    level: Level
    text: Sentence


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets to find: words of the summary or a number; of one member; open ones unless it says otherwise.

    `limit` is at most 50. `cursor` is the last page's `next_cursor`.
    """

    text: str = ""
    member_id: str | None = None
    is_open: bool = True
    limit: int = 20
    cursor: str | None = None


class Provider(Protocol):
    """One ticket system, reached with one connection's credentials. Its methods are requests over the network.

    Reads raise a `ProviderError`. Writes raise `CredentialsError` alone, and otherwise return what became of the
    request.
    """

    capabilities: Capabilities

    async def check(self) -> Sequence[Finding]:
        """Whether everything works that FlowPilot needs; each missing right is an error of its own."""
        ...

    async def search(self, query: TicketQuery) -> TicketPage:
        """Tickets, those changed last first. Raises `BadCursorError` too, for a cursor of another list."""
        ...

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """One ticket. Raises `NoSuchTicketError` too."""
        ...

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """The last notes of a ticket, newest first."""
        ...

    async def read_history(self, since: datetime, cursor: str | None) -> "HistoryPage":
        """A few of the tickets that changed since then, with what happened to each.

        They come by their ids, so a page is the same whatever changes meanwhile, except for what is in it.
        """
        ...

    async def list_members(self) -> Sequence[Member]:
        """Everybody who may be booked for, inactive people included."""
        ...

    async def read_owner(self) -> str | None:
        """The member whose credentials these are; None if the ticket system does not tell."""
        ...

    async def list_clients(self) -> Sequence[Client]:
        """The companies that the desk works for, by name; empty if the system does not know companies."""
        ...

    async def list_boards(self) -> Sequence[Board]:
        """The boards that FlowPilot sees, with the statuses of their tickets."""
        ...

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """The id of the note or the entry of time with this marker on the ticket that answers to this id."""
        ...

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The minutes worked, not billed, of the record with this marker; None if there is none."""
        ...

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Write a record. Never twice, and never anything that the record does not say."""
        ...

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set a ticket's status, and read back that it has it. `external_id` is the status."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
