"""A ticket system in memory whose writes fail as planned, and an account that is connected to it."""

import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Role
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings import service
from flowpilot.psa.postings.planning import NewPosting, Worked, enqueue
from flowpilot.psa.postings.sending import turn
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    Board,
    BooksFor,
    Capabilities,
    Client,
    CredentialsError,
    Finding,
    Marker,
    Member,
    NoSuchTicketError,
    Outcome,
    PostingStepKind,
    Record,
    Refused,
    Status,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
    TryLater,
    UnavailableError,
    Unknown,
)
from flowpilot.psa.rules.models import PsaRules
from flowpilot.psa.rules.queries import connection_and_rules
from tests.company import Company

SEPARATE = Capabilities(
    has_joint_records=False, books_for=BooksFor.ANY_MEMBER, marker=Marker.SEARCH, slowest_answer_seconds=60
)
JOINT = replace(SEPARATE, has_joint_records=True, books_for=BooksFor.CREDENTIAL_OWNER)
JOINT_FOR_ANYBODY = replace(SEPARATE, has_joint_records=True)

UTC_ZONE = ZoneInfo("UTC")
STARTED = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


_ANSWERS: dict[str, Outcome] = {
    "later": TryLater("Somebody is editing this ticket."),
    "refuse": Refused("The period is closed."),
    "leak": Refused("It is stored for everybody. Correct that there, at once.", wrong_id="9"),
    "down": TryLater("It cannot be reached.", is_down=True),
    "dropped": Unknown("It did not answer."),
}


class KilledError(BaseException):
    """The process is gone at this point."""


@dataclass
class MemoryDesk:
    """Tickets in memory. `planned` has what happens to the next writes; when it is empty, they are accepted.

    `meanwhile` is called once, while a ticket is read. The `broken` ticket cannot be shown, all others can.
    `lost`: written, and no answer. `dropped`: no answer, and not written. `kill`, `kill late`: the process dies
    before, or after it was written. `vanish`: accepted, and not there. `leak`: written for everybody. `later`,
    `refuse`, `down`: as they say.
    """

    capabilities: Capabilities = SEPARATE
    tickets: dict[str, Ticket] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    records: list[tuple[str, Record]] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    planned: deque[str] = field(default_factory=deque)
    meanwhile: Callable[[], None] = lambda: None
    broken: str | None = None
    reads: int = 0
    is_down: bool = False
    is_revoked: bool = False

    def records_of(self, ticket_id: str) -> list[Record]:
        return [record for at, record in self.records if at == ticket_id]

    async def check(self) -> Sequence[Finding]:
        return []

    async def search(self, query: TicketQuery) -> TicketPage:
        self._answer()
        return TicketPage([])

    async def read_ticket(self, ticket_id: str) -> Ticket:
        self.reads += 1
        self._answer(ticket_id)
        self.meanwhile()
        self.meanwhile = lambda: None
        found = self.merged.get(ticket_id, ticket_id)
        if found not in self.tickets:
            raise NoSuchTicketError(ticket_id)
        return self.tickets[found]

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        return []

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        return HistoryPage([])

    async def list_members(self) -> Sequence[Member]:
        return []

    async def read_owner(self) -> str | None:
        return None

    async def list_clients(self) -> Sequence[Client]:
        return []

    async def list_boards(self) -> Sequence[Board]:
        return [Board("1", "Desk", (Status("closed", "Closed", is_closed=True),))]

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        self._answer(ticket_id)
        found = (
            number
            for number, (at, one) in enumerate(self.records)
            if at in {ticket_id, self.merged.get(ticket_id)} and one.marker == marker
        )
        return next((str(number) for number in found), None)

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        return next((one.time.minutes for _, one in self.records if one.marker == marker and one.time), None)

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        plan = self.planned.popleft() if self.planned else ""
        if plan == "kill":
            raise KilledError
        if plan in _ANSWERS:
            return _ANSWERS[plan]
        if plan == "vanish":
            return Accepted("gone")
        self.records.append((ticket_id, record))
        if plan == "kill late":
            raise KilledError
        return Unknown("It did not answer.") if plan == "lost" else Accepted(str(len(self.records) - 1))

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        self.statuses[ticket_id] = status_id
        return Accepted(status_id)

    async def aclose(self) -> None:
        pass

    def _answer(self, ticket_id: str | None = None) -> None:
        if self.is_revoked:
            raise CredentialsError("The desk does not accept the credentials.")
        if self.is_down:
            raise UnavailableError("It cannot be reached.")
        if ticket_id is not None and ticket_id == self.broken:
            raise UnavailableError("It answered 500.")


@dataclass
class Office:
    """An account connected to a desk in memory, with one session on ticket 4711."""

    company: Company
    database: Database
    desk: MemoryDesk
    connection_id: uuid.UUID
    session_id: uuid.UUID
    members: dict[uuid.UUID, str]

    @property
    def engineer(self) -> uuid.UUID:
        return self.company.users[Role.ENGINEER]

    @property
    def actor(self) -> Actor:
        return Actor(self.company.id, self.engineer, Role.ENGINEER, "UTC")

    @property
    def senior(self) -> uuid.UUID:
        return self.company.users[Role.TEAM_ADMIN]

    async def post(self, *worked: Worked, rules: PsaRules | None = None, **values: Any) -> uuid.UUID:
        """Enqueue a posting of a note and times."""

        new = NewPosting(
            session_id=self.session_id,
            ticket_id="4711",
            occasion=Occasion.RESOLVED,
            audience=Audience.INTERNAL,
            text="It was the fuse.",
            worked=worked,
        )
        async with self.database.write(self.company.id) as db:
            connection, own = await connection_and_rules(db, self.company.id)
            assert connection is not None
            posting = await enqueue(
                db,
                connection,
                rules or own,
                replace(new, **values),
                self.engineer,
                now(),
            )
        assert posting is not None
        return posting

    async def turn(self, zone: ZoneInfo = UTC_ZONE) -> datetime | None:
        """One turn of the connection, of an account in this time zone."""
        async with self.database.read(self.company.id) as db:
            connection, _ = await connection_and_rules(db, self.company.id)
        assert connection is not None
        names = {self.engineer: "Alex", self.senior: "Kim"}
        return await turn.run(turn.Turn(self.database, connection, self.desk, self.members, names, zone))

    async def retry(self, posting_id: uuid.UUID) -> None:
        """What the engineer does with a posting that has failed."""
        async with self.database.write(self.company.id) as db:
            await service.retry(db, self.actor, posting_id, now())

    def let_time_pass(self) -> None:
        """Everything that waits for a time is due, and every unanswered request is long over."""
        for column in ("psa_postings.due_at", "psa_posting_steps.due_at", "psa_posting_steps.asked_at"):
            self._pass_of(*column.split("."))
        rested = "UPDATE psa_connections SET rests_until = NULL WHERE account_id = %s RETURNING 1"
        self.company.query(rested, self.company.id)

    def _pass_of(self, table: str, column: str) -> None:
        # With shards, PostgreSQL computes no moment from a column.
        due = f"SELECT id, {column} FROM {table} WHERE account_id = %s AND {column} IS NOT NULL"
        for own_id, moment in self.company.query(due, self.company.id):
            change = f"UPDATE {table} SET {column} = %s WHERE account_id = %s AND id = %s RETURNING 1"
            self.company.query(change, moment - timedelta(days=2), self.company.id, own_id)

    def states(self, posting_id: uuid.UUID) -> list[str]:
        """The states of the posting and of its steps."""
        (posting,) = self.company.query("SELECT state FROM psa_postings WHERE id = %s", posting_id)
        query = "SELECT state FROM psa_posting_steps WHERE posting_id = %s ORDER BY position"
        return [posting[0], *(state for (state,) in self.company.query(query, posting_id))]

    def reason(self, posting_id: uuid.UUID) -> str:
        """The posting's reason."""
        return str(self.company.query("SELECT reason FROM psa_postings WHERE id = %s", posting_id)[0][0])


def worked(user_id: uuid.UUID | None, minutes: float = 17) -> Worked:
    """Time of one person."""
    midnight = STARTED.replace(hour=0) + timedelta(days=1)
    return Worked(user_id, STARTED, STARTED + timedelta(minutes=minutes), minutes * 60, midnight)


async def open_office(company: Company, database: Database, desk: MemoryDesk) -> Office:
    """Connect an account to a desk in memory."""
    connection_id, session_id = new_id(), new_id()
    async with database.write(company.id) as db:
        db.add(
            PsaConnection(
                account_id=company.id,
                id=connection_id,
                provider="console",
                name="Desk",
                base_url="https://desk.example",
                credentials_encrypted=b"",
                settings={},
            )
        )
    company.add("ai_sessions", id=session_id, psa_ticket_id="4711", user_id=company.users[Role.ENGINEER])
    desk.tickets["4711"] = Ticket("4711", None, "Printer", board="Desk", board_id="1")
    members = {company.users[Role.ENGINEER]: "alex", company.users[Role.TEAM_ADMIN]: "kim"}
    return Office(company, database, desk, connection_id, session_id, members)
