"""Autotask as a ticket system."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, content
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.numbers import is_number, read_cursor
from flowpilot.psa.provider import (
    Accepted,
    Board,
    BooksFor,
    Capabilities,
    Client,
    Finding,
    Marker,
    Member,
    NoSuchTicketError,
    Outcome,
    PostingStepKind,
    ProviderError,
    Record,
    Refused,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
    TryLater,
    Unknown,
)
from flowpilot.psa.providers.autotask import files, history, records
from flowpilot.psa.providers.autotask.check import findings
from flowpilot.psa.providers.autotask.forms import Credentials, Settings
from flowpilot.psa.providers.autotask.requests import Filter, Requests, Row, any_of, equal, not_written
from flowpilot.psa.providers.numbered import split_ids
from flowpilot.psa.targets import nothing_sent, writable_ticket

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# Autotask sorts by number alone, so what was changed last is found among this many pages of 500.
_SEARCHED_PAGES = 3
_NUMBERS_IN_A_FILTER = 500
_WORDS = 10


class Autotask:
    """Autotask. Notes belong to a ticket, and time entries stand by themselves."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self.capabilities = Capabilities(
            has_joint_records=False,
            books_for=BooksFor.ANY_MEMBER,
            marker=Marker.LIST_AND_MATCH,
            time_unit_seconds=36,
            max_note_chars=records.MAX_NOTE_CHARS,
            parallel_calls=3,
            slowest_answer_seconds=settings.slowest_answer_seconds,
            takes_files=True,
            history_lacks=history.LACKS,
        )
        self._requests = Requests(access, credentials, settings)
        self._settings = settings
        self._base_url = access.base_url
        self._username = credentials.username
        self._fields: records.Choices | None = None

    async def check(self) -> Sequence[Finding]:
        """Whether each list that FlowPilot needs can be read, and whether the numbers of the settings exist."""
        return await findings(self._requests, self._settings)

    async def search(self, query: TicketQuery) -> TicketPage:
        """Tickets by words of the title or their number."""
        start = read_cursor(query.cursor, 0)
        await self._requests.mind_the_limit()
        rows = await self._requests.query("Tickets", *self._filters(query), pages=_SEARCHED_PAGES)
        fields = await self._choices()
        found = [records.ticket(row, self._settings, self._base_url, fields) for row in rows]
        found.sort(key=lambda ticket: ticket.updated_at or _LONG_AGO, reverse=True)
        after = start + query.limit
        page = found[start:after]
        names = await self._names_of_companies(ticket.client_id for ticket in page)
        items = [replace(ticket, client=names.get(ticket.client_id or "")) for ticket in page]
        return TicketPage(items, str(after) if after < len(found) else None)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """One ticket, by its id or by the number that people see, such as T20260615.0042."""
        row = await self._row(ticket_id)
        ticket = records.ticket(row, self._settings, self._base_url, await self._choices())
        companies = await self._names_of_companies([ticket.client_id])
        contact = await self._contact(row.get("contactID"))
        return replace(ticket, client=companies.get(ticket.client_id or ""), contact=contact)

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """The last notes."""
        rows = sorted(await self._rows("TicketNotes", ticket_id), key=lambda row: int(row["id"]), reverse=True)
        numbers = {row["creatorResourceID"] for row in rows[:limit] if row.get("creatorResourceID")}
        people = await self._requests.query("Resources", _among("id", numbers), pages=1) if numbers else []
        names = {str(row["id"]): records.name_of(row) for row in people}
        return [records.ticket_note(row, names, self._settings) for row in rows[:limit]]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """Tickets with their notes, entries of time and history."""
        await self._requests.mind_the_limit()
        rows = await history.rows_of_page(self._requests, since, read_cursor(cursor, 0))
        changes, fields = await history.changes_of_page(self._requests, rows), await self._choices()
        companies = await self._names_of_companies(str(row["companyID"]) for row in rows if row.get("companyID"))
        items = []
        for row in rows:
            ticket = records.ticket(row, self._settings, self._base_url, fields)
            ticket = replace(ticket, client=companies.get(ticket.client_id or ""))
            items.append(history.history(row, ticket, changes[row["id"]]))
        histories = [item for item in items if item is not None]
        return HistoryPage(histories, str(rows[-1]["id"]) if len(rows) == history.TICKETS else None)

    async def list_members(self) -> Sequence[Member]:
        """All resources, inactive ones too."""
        rows = await self._requests.query("Resources", _everything())
        return [records.member(row, self._username) for row in rows]

    async def read_owner(self) -> str | None:
        """Nobody asks: time is booked for any member, so no member's own credentials are used."""
        return None

    async def list_clients(self) -> Sequence[Client]:
        """All active companies."""
        rows = await self._requests.query("Companies", equal("isActive", value=True))
        clients = [Client(str(row["id"]), row["companyName"]) for row in rows]
        return sorted(clients, key=lambda client: client.name)

    async def list_boards(self) -> Sequence[Board]:
        """The queues."""
        return records.boards(await self._choices(), self._settings)

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """The note, the time entry or the file with this marker."""
        row = await self._marked(ticket_id, marker, kind)
        return None if row is None else str(row["id"])

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The hours worked of the time entry with this marker, in minutes."""
        row = await self._marked(ticket_id, marker, PostingStepKind.TIME)
        return None if row is None else float(row["hoursWorked"]) * 60

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Add a note or a time entry, or attach a file."""
        refused = None if record.file is None else files.too_large(record.file)
        ticket = refused or await self._target(ticket_id)
        if not isinstance(ticket, Ticket):
            return ticket
        if record.file is not None:
            attachment = files.attachment(record, record.file, self._settings)
            return await self._write("POST", f"Tickets/{ticket.id}/Attachments", attachment, record.author_id)
        if record.time is None:
            note = records.note(record, self._settings)
            return await self._write("POST", f"Tickets/{ticket.id}/Notes", note, record.author_id)
        role_id = await self._role(record.time.member_id)
        if not isinstance(role_id, int):
            return role_id
        entry = records.entry(ticket.id, record, record.time, role_id, self._settings)
        return await self._write("POST", "TimeEntries", entry, record.time.member_id)

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set the status, and look whether the ticket has it."""
        ticket = await self._target(ticket_id)
        if not isinstance(ticket, Ticket) or ticket.status_id == status_id:
            return Accepted(status_id) if isinstance(ticket, Ticket) else ticket
        written = await self._write("PATCH", "Tickets", {"id": int(ticket.id), "status": int(status_id)}, None)
        if not isinstance(written, Accepted):
            return written
        after = await writable_ticket(self._nameless, ticket.id)
        if not isinstance(after, Ticket):
            return Unknown(after.reason)
        if after.status_id == status_id:
            return Accepted(status_id)
        name = (await self._choices()).get("status", {}).get(after.status_id or "")
        return Refused(f'Autotask has left the ticket in "{name}". Look at its queue and category.', "status")

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _row(self, ticket_id: str) -> Row:
        field = equal("id", int(ticket_id)) if is_number(ticket_id) else equal("ticketNumber", ticket_id)
        rows = await self._requests.query("Tickets", field, pages=1)
        if not rows:
            raise NoSuchTicketError(ticket_id)
        return rows[0]

    async def _nameless(self, ticket_id: str) -> Ticket:
        """A ticket without the names that are in other lists, because each request counts."""
        return records.ticket(await self._row(ticket_id), self._settings, self._base_url, {})

    async def _target(self, ticket_id: str) -> Ticket | Refused | TryLater:
        try:
            await self._requests.mind_the_limit()
        except ProviderError as error:
            return nothing_sent(error)
        return await writable_ticket(self._nameless, ticket_id)

    async def _write(self, method: str, path: str, data: Row, member_id: str | None) -> Outcome:
        member_id = member_id if self._settings.writes_as == "engineer" else None
        answer = await self._requests.write(method, path, data, member_id=member_id)
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return files.rest_for_files(answer) or not_written(answer, data)
        try:
            return Accepted(str(content(answer)["itemId"]))
        except (ProviderError, KeyError, TypeError):
            return Unknown("Autotask took this, and did not say what it made of it.")

    async def _role(self, member_id: str | None) -> int | Refused | TryLater:
        """The role that somebody's time is booked with."""
        if self._settings.role_id is not None:
            return self._settings.role_id
        try:
            rows = await self._requests.query("Resources", equal("id", int(member_id or 0)), pages=1)
        except ProviderError as error:
            return nothing_sent(error)
        role_id = rows[0].get("defaultServiceDeskRoleID") if rows else None
        if role_id is None:
            return Refused(
                "This engineer has no default service desk role in Autotask. Give them one, or enter the role of "
                "time entries in the connection's settings.",
                "role_id",
            )
        return int(role_id)

    async def _rows(self, entity: str, ticket_id: str) -> list[Row]:
        return await self._requests.query(entity, equal("ticketID", await self._number(ticket_id)))

    async def _number(self, ticket_id: str) -> int:
        return int(ticket_id if is_number(ticket_id) else (await self._row(ticket_id))["id"])

    async def _marked(self, ticket_id: str, marker: str, kind: PostingStepKind) -> Row | None:
        if kind is PostingStepKind.FILE:
            return await files.find(self._requests, await self._number(ticket_id), marker)
        entity, field = (
            ("TimeEntries", "internalNotes") if kind is PostingStepKind.TIME else ("TicketNotes", "description")
        )
        rows = await self._rows(entity, ticket_id)
        return next((row for row in rows if marker in (row.get(field) or "").split()), None)

    async def _choices(self) -> records.Choices:
        if self._fields is None:
            self._fields = records.choices(await self._requests.read("Tickets/entityInformation/fields"))
        return self._fields

    async def _names_of_companies(self, numbers: Iterable[str | None]) -> Mapping[str, str]:
        wanted = {int(number) for number in numbers if number is not None}
        rows = await self._requests.query("Companies", _among("id", wanted), pages=1) if wanted else []
        return {str(row["id"]): row["companyName"] for row in rows}

    async def _contact(self, number: int | None) -> str | None:
        rows = await self._requests.query("Contacts", equal("id", number), pages=1) if number else []
        return records.name_of(rows[0]) or None if rows else None

    def _filters(self, query: TicketQuery) -> Sequence[Filter]:
        filters: list[Filter] = []
        if query.text.strip():
            words = [_contains("title", word) for word in query.text.split()[:_WORDS]]
            ways = [{"op": "and", "items": words}, _contains("ticketNumber", query.text)]
            filters.append(any_of([*ways, equal("id", int(query.text))] if is_number(query.text) else ways))
        if query.is_open:
            closed = sorted(int(number) for number in split_ids(self._settings.closed_status_ids))
            filters.append({"op": "notIn", "field": "status", "value": closed})
        if query.member_id is not None:
            filters.append(equal("assignedResourceID", int(query.member_id)))
        return filters or [_everything()]


def _contains(field: str, text: str) -> Filter:
    return {"op": "contains", "field": field, "value": text}


def _among(field: str, numbers: Iterable[int]) -> Filter:
    return {"op": "in", "field": field, "value": sorted(numbers)[:_NUMBERS_IN_A_FILTER]}


def _everything() -> Filter:
    return {"op": "gt", "field": "id", "value": 0}
