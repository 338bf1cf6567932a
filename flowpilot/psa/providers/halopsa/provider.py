"""HaloPSA as a ticket system."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, content
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.numbers import is_number, read_cursor
from flowpilot.psa.provider import (
    Accepted,
    Audience,
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
    Status,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
    Unknown,
)
from flowpilot.psa.providers.halopsa import files, history, records
from flowpilot.psa.providers.halopsa.check import findings
from flowpilot.psa.providers.halopsa.forms import Credentials, Settings
from flowpilot.psa.providers.halopsa.requests import Requests, not_written, rows_of
from flowpilot.psa.providers.numbered import read_id
from flowpilot.psa.targets import writable_ticket

# A ticket that was merged into one that was merged in its turn, and so on.
_MERGES = 5


class HaloPsa:
    """HaloPSA. A note and the time of its author are one action there."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self.capabilities = Capabilities(
            has_joint_records=True,
            books_for=BooksFor.ANY_MEMBER,
            marker=Marker.LIST_AND_MATCH,
            max_note_chars=records.MAX_NOTE_CHARS,
            time_unit_seconds=36,
            slowest_answer_seconds=settings.slowest_answer_seconds,
            takes_files=True,
            history_lacks=history.LACKS,
        )
        self._requests = Requests(access, credentials, settings)
        self._settings = settings
        self._base_url = access.base_url
        self._names: records.Names | None = None

    async def check(self) -> Sequence[Finding]:
        """Whether each list that FlowPilot needs can be read, and whether the outcomes exist."""
        return await findings(self._requests, self._settings)

    async def search(self, query: TicketQuery) -> TicketPage:
        """Tickets by words of the summary or their number."""
        page = read_cursor(query.cursor, 1)
        filters: dict[str, str | int] = {"open_only": "true"} if query.is_open else {}
        if query.text:
            filters["search"] = query.text
        if query.member_id is not None:
            filters["agent_id"] = query.member_id
        answer = await self._requests.read(
            "/Tickets",
            pageinate="true",
            page_size=query.limit,
            page_no=page,
            order="lastactiondate",
            orderdesc="true",
            **filters,
        )
        rows = [await self._ticket(row) for row in rows_of(answer, "tickets")]
        found = [ticket for ticket in rows if not (query.is_open and ticket.is_closed)]
        found = [*await self._numbered(query, found), *found]
        is_more = isinstance(answer, dict) and answer.get("record_count", 0) > page * query.limit
        return TicketPage(found, str(page + 1) if is_more else None)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """One ticket, or the one that it was merged into."""
        return await self._ticket(await self._row(ticket_id))

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """The notes of the last actions."""
        rows = await self._actions(str((await self._row(ticket_id))["id"]))
        newest = sorted(rows, key=lambda row: int(row["id"]), reverse=True)
        return [records.note(row) for row in newest if row.get("note")][:limit]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """Tickets with their actions; what was merged into others is told by those."""
        page, names = read_cursor(cursor, 1), await self._all_names()
        rows, is_more = await history.rows_of_page(self._requests, since, page)
        histories = []
        for row in rows:
            if not read_id(row.get(self._settings.merged_field)):
                actions = await self._requests.read_all("/Actions", "actions", ticket_id=str(row["id"]))
                histories.append(history.history(row, await self._ticket(row), actions, names, self._settings))
        return HistoryPage([one for one in histories if one is not None], str(page + 1) if is_more else None)

    async def list_members(self) -> Sequence[Member]:
        """All agents, those that are disabled too."""
        rows = await self._requests.read_all("/Agent", "agents", includeenabled="true", includedisabled="true")
        return [records.member(row) for row in rows]

    async def read_owner(self) -> str | None:
        """Nobody asks: time is booked for any member, so no member's own credentials are used."""
        return None

    async def list_clients(self) -> Sequence[Client]:
        """All clients that are active."""
        rows = await self._requests.read_all("/Client", "clients")
        clients = [Client(str(row["id"]), row["name"]) for row in rows if not row.get("inactive")]
        return sorted(clients, key=lambda client: client.name)

    async def list_boards(self) -> Sequence[Board]:
        """The ticket types, with the statuses that they allow."""
        names = await self._all_names()
        return [
            Board(type_id, name, await self._statuses(type_id, names)) for type_id, name in names.types.items()
        ]

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """The action with this marker, which has the note and the time; or the file with it."""
        find = self._marked_file if kind is PostingStepKind.FILE else self._marked
        row = await find(ticket_id, marker)
        return None if row is None else str(row["id"])

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The time taken by the action with this marker."""
        row = await self._marked(ticket_id, marker)
        return None if row is None else records.minutes_taken(row, self._settings)

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Add one action, or attach a file."""
        if record.audience is Audience.CLIENT and self._settings.client_outcome_id is None:
            return Refused(
                "Enter the outcome of notes for clients in the connection's settings.", "client_outcome_id"
            )
        ticket = await writable_ticket(self._nameless, ticket_id)
        if not isinstance(ticket, Ticket):
            return ticket
        if record.file is not None:
            return await files.attach(self._requests, ticket.id, record, record.file)
        action = records.action(ticket.id, record, self._settings)
        answer = await self._requests.write("/Actions", [action])
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return not_written(answer, action)
        return _accepted(answer)

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set the status, and look whether the ticket has it: HaloPSA leaves one that its type does not allow."""
        ticket = await writable_ticket(self._nameless, ticket_id)
        if not isinstance(ticket, Ticket):
            return ticket
        if ticket.status_id == status_id:
            return Accepted(status_id)
        return await self._change_status(ticket, status_id)

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _change_status(self, ticket: Ticket, status_id: str) -> Outcome:
        change = {"id": int(ticket.id), "status_id": int(status_id)}
        answer = await self._requests.write("/Tickets", [change])
        if not isinstance(answer, Answer):
            return answer
        if not answer.is_success:
            return not_written(answer, change)
        after = await writable_ticket(self._nameless, ticket.id)
        if not isinstance(after, Ticket):
            return Unknown(after.reason)
        if after.status_id == status_id:
            return Accepted(status_id)
        names = await self._all_names()
        return Refused(
            f'HaloPSA has left the ticket in "{names.statuses.get(after.status_id or "")}". Tickets of the type '
            f'"{names.types.get(after.board_id or "")}" may not have the status '
            f'"{names.statuses.get(status_id, status_id)}": choose another one for this type.',
            "status_id",
        )

    async def _row(self, ticket_id: str) -> dict[str, Any]:
        """A ticket as HaloPSA has it, or the one that it was merged into."""
        number: str | None = ticket_id
        found: dict[str, Any] = {}
        for _ in range(_MERGES):
            if number is None:
                break
            row = (
                await self._requests.read(f"/Tickets/{number}", includedetails="true")
                if is_number(number)
                else None
            )
            if not isinstance(row, dict) or "id" not in row:
                raise NoSuchTicketError(number)
            found, number = row, read_id(row.get(self._settings.merged_field))
        return found

    async def _nameless(self, ticket_id: str) -> Ticket:
        """A ticket without the names of its type and status, which are in lists of their own."""
        return records.ticket(await self._row(ticket_id), self._settings, self._base_url, records.Names([], []))

    async def _ticket(self, row: dict[str, Any]) -> Ticket:
        return records.ticket(row, self._settings, self._base_url, await self._all_names())

    async def _numbered(self, query: TicketQuery, found: Sequence[Ticket]) -> Sequence[Ticket]:
        """The ticket whose number was searched for, because the search looks at words."""
        if query.cursor or query.member_id or not is_number(query.text):
            return []
        try:
            ticket = await self.read_ticket(query.text)
        except NoSuchTicketError:
            return []
        is_new = ticket.id not in {other.id for other in found}
        return [ticket] if is_new and not ticket.is_deleted and not (query.is_open and ticket.is_closed) else []

    async def _actions(self, ticket_id: str) -> list[dict[str, Any]]:
        return await self._requests.read_all(
            "/Actions", "actions", ticket_id=ticket_id, includehtmlnote="true", excludesys="true"
        )

    async def _marked_file(self, ticket_id: str, marker: str) -> Mapping[str, Any] | None:
        """The file with this marker, whether or not a merge has moved it."""
        for number in await self._numbers(ticket_id):
            if (row := await files.find(self._requests, number, marker)) is not None:
                return row
        return None

    async def _numbers(self, ticket_id: str) -> Sequence[str]:
        """The ticket that is left after merges, and the one that was asked for."""
        return list(dict.fromkeys((str((await self._row(ticket_id))["id"]), ticket_id)))

    async def _marked(self, ticket_id: str, marker: str) -> Mapping[str, Any] | None:
        """The action with this marker, whether or not a merge has moved it."""
        for number in await self._numbers(ticket_id):
            for row in await self._actions(number):
                if records.carries(row, marker):
                    return row
        return None

    async def _all_names(self) -> records.Names:
        if self._names is None:
            types = await self._requests.read_all("/TicketType", "tickettypes")
            self._names = records.Names(types, await self._requests.read_all("/Status", "statuses"))
        return self._names

    async def _statuses(self, type_id: str, names: records.Names) -> Sequence[Status]:
        details = await self._requests.read(f"/TicketType/{type_id}", includedetails="true")
        allowed = [str(row.get("status_id", row.get("id"))) for row in (details or {}).get("allowed_status") or []]
        return [
            records.status(status_id, name, self._settings)
            for status_id, name in names.statuses.items()
            if not allowed or status_id in allowed
        ]


def _accepted(answer: Answer) -> Outcome:
    """The id of the action that was added, which HaloPSA answers with alone or in a list."""
    try:
        written = content(answer)
        row = written[0] if isinstance(written, list) else written
        return Accepted(str(row["id"]))
    except (ProviderError, LookupError, TypeError):
        return Unknown("HaloPSA took this, and did not say what it made of it.")
