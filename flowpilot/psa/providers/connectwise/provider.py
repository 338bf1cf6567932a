"""The provider: notes and time are separate records, and statuses belong to boards."""

from collections.abc import Awaitable, Sequence
from datetime import datetime

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, content
from flowpilot.psa.client import Client as Requests
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.provider import (
    Accepted,
    Board,
    BooksFor,
    Capabilities,
    Client,
    Finding,
    Marker,
    Member,
    Outcome,
    PostingStepKind,
    ProviderError,
    Record,
    Refused,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
    Unknown,
    WorkTime,
)
from flowpilot.psa.providers.connectwise import (
    boards,
    checking,
    conditions,
    documents,
    finding,
    history,
    reading,
    searching,
    writing,
)
from flowpilot.psa.providers.connectwise.failures import ForbiddenError, NotThereError, Right, outcome
from flowpilot.psa.providers.connectwise.rest import Rest, people_address
from flowpilot.psa.providers.connectwise.settings import Credentials, Settings
from flowpilot.psa.targets import nothing_sent


class ConnectWise:
    """ConnectWise PSA, reached with the keys of an API member."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self.capabilities = Capabilities(
            has_joint_records=False,
            books_for=BooksFor.ANY_MEMBER,
            marker=Marker.LIST_AND_MATCH,
            time_unit_seconds=36,  # A hundredth of an hour.
            max_note_chars=settings.max_note_chars,
            slowest_answer_seconds=settings.slowest_answer_seconds,
            takes_files=True,
            history_lacks=history.LACKS,
        )
        self._settings = settings
        self._rest = Rest(Requests(access, "ConnectWise PSA", judges_missing=True), credentials, settings)
        self._ticket_address = people_address(access.base_url) + settings.ticket_path

    async def check(self) -> Sequence[Finding]:
        """Whether the keys are accepted, and each right that is missing, by board."""
        return await checking.findings(self._rest)

    async def search(self, query: TicketQuery) -> TicketPage:
        """Tickets whose status is open on their own board, unless closed ones are asked for too."""
        known = await boards.recent(self._rest)
        number = read_cursor(query.cursor, 1)
        page = await self._rest.read_page(
            "/service/tickets/search",
            Right.TICKETS,
            {"page": number, "pageSize": query.limit},
            method="POST",
            data={"conditions": searching.wanted(query, known.values()), "orderBy": self._settings.search_order},
        )
        found = [record for record in page.items if searching.matches(record, query)]
        tickets = [reading.ticket(record, self._ticket_address, known) for record in found]
        return TicketPage(tickets, str(number + 1) if page.has_next else None)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """The ticket, or the one that it was merged into."""
        record = (await finding.lineage(self._rest, ticket_id))[-1]
        board_id = str((record.get("board") or {}).get("id") or "")
        known = await boards.of_ticket(self._rest, board_id)
        return reading.ticket(record, self._ticket_address, known)

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """The last notes, those of time entries among them."""
        record = (await finding.lineage(self._rest, ticket_id))[-1]
        path = f"/service/tickets/{record['id']}/allNotes"
        notes = await self._rest.read_all(path, Right.TICKETS, page_size=finding.LONG_RECORDS)
        return reading.newest(notes, limit)

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """Tickets with their notes, entries of time and audit trails."""
        return await history.page(self._rest, self._ticket_address, since, cursor)

    async def list_members(self) -> Sequence[Member]:
        """Everybody who works there, but no programs."""
        fields = "id,identifier,firstName,lastName,officeEmail,primaryEmail,inactiveFlag,licenseClass"
        classes = ",".join(conditions.text(one) for one in reading.PEOPLE)
        wanted = {"conditions": f"licenseClass in ({classes})", "fields": fields}
        return [reading.member(one) for one in await self._rest.read_all("/system/members", Right.MEMBERS, wanted)]

    async def read_owner(self) -> str | None:
        """Nobody asks: time is booked for any member, so no member's own credentials are used."""
        return None

    async def list_clients(self) -> Sequence[Client]:
        """The companies, by name."""
        wanted = {"conditions": "deletedFlag = false", "fields": "id,name", "orderBy": "id asc"}
        found = await self._rest.read_all("/company/companies", Right.COMPANIES, wanted)
        return sorted((reading.client(one) for one in found), key=lambda client: client.name.casefold())

    async def list_boards(self) -> Sequence[Board]:
        """The boards in use, with their statuses in use."""
        return list((await boards.read(self._rest)).values())

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """The first note, entry of time or file that ends with the marker."""
        found = await finding.record(self._rest, ticket_id, marker, kind)
        return None if found is None else str(found["id"])

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The actual hours, not the billed ones, which work types and agreements round."""
        found = await finding.record(self._rest, ticket_id, marker, PostingStepKind.TIME)
        return None if found is None else float(found.get("actualHours") or 0) * 60

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Write a note, or one person's time, or attach a file."""
        if record.time is not None and record.time.member_id is None:
            return Refused("There is no member of ConnectWise PSA to book this time for. Map the person to one.")
        return await _outcome(self._write(ticket_id, record))

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set a status of the ticket's own board."""
        return await _outcome(self._set_status(ticket_id, status_id))

    async def aclose(self) -> None:
        """Nothing is open between requests."""

    async def _write(self, ticket_id: str, record: Record) -> Outcome:
        ticket = (await finding.lineage(self._rest, ticket_id))[-1]
        if record.time is not None:
            return await self._write_time(ticket, record, record.time)
        if record.file is not None:
            return await documents.attach(self._rest, ticket, record, record.file)
        path = f"/service/tickets/{ticket['id']}/notes"
        answer = await self._rest.write("POST", path, writing.note(record, self._settings))
        written = outcome(answer, Right.NOTES)
        return await self._read_back(path, written, record) if isinstance(written, Accepted) else written

    async def _write_time(self, ticket: reading.Json, record: Record, work: WorkTime) -> Outcome:
        body = writing.time_entry(ticket, record, work, self._settings)
        return outcome(await self._rest.write("POST", "/time/entries", body), Right.BOOK)

    async def _read_back(self, path: str, written: Accepted, record: Record) -> Outcome:
        """Who can read the note is not taken from the answer, which says the same whatever was stored."""
        try:
            stored = content(await self._rest.read(f"{path}/{written.external_id}", Right.NOTES))
        except NotThereError:
            return Unknown("ConnectWise PSA accepted the note, but does not have it.")
        except ProviderError:
            return written
        if reading.is_for_client(stored) is (record.audience == "client"):
            return written
        seen = "can" if reading.is_for_client(stored) else "cannot"
        return Refused(
            f"ConnectWise PSA stored note {written.external_id} so that the client {seen} read it. "
            "Correct it there.",
            wrong_id=written.external_id,
        )

    async def _set_status(self, ticket_id: str, status_id: str) -> Outcome:
        ticket = (await finding.lineage(self._rest, ticket_id))[-1]
        if _status_of(ticket) == status_id:
            return Accepted(status_id)
        board = ticket.get("board") or {}
        statuses = await boards.read_statuses(self._rest, str(board.get("id")))
        if status_id not in {status.id for status in statuses}:
            return Refused(await self._no_such_status(str(board.get("name")), status_id), "status")
        path = f"/service/tickets/{ticket['id']}"
        change = [{"op": "replace", "path": "status", "value": {"id": int(status_id)}}]
        answer = await self._rest.write("PATCH", path, change)
        if not isinstance(answer, Answer) or not answer.is_success:
            return outcome(answer, Right.STATUS)
        try:
            now_has = _status_of(content(await self._rest.read(path, Right.TICKETS)))
        except ProviderError as error:
            return Unknown(f"The status was sent, and could not be read back. {error.detail}")
        if now_has == status_id:
            return Accepted(status_id)
        return Refused(
            "ConnectWise PSA accepted the status, but the ticket does not have it. Set it there.", "status"
        )

    async def _no_such_status(self, board_name: str, status_id: str) -> str:
        everywhere = (status for board in (await boards.recent(self._rest)).values() for status in board.statuses)
        name = next((f"“{status.name}”" for status in everywhere if status.id == status_id), status_id)
        return (
            f"The board “{board_name}” has no status {name}. Choose one of its own in the connection's settings."
        )


def _status_of(ticket: reading.Json) -> str:
    return str((ticket.get("status") or {}).get("id"))


async def _outcome(work: Awaitable[Outcome]) -> Outcome:
    """What became of a write that first reads: what fails while reading has written nothing."""
    try:
        return await work
    except (ForbiddenError, NotThereError) as error:
        return Refused(error.detail)
    except ProviderError as error:
        return nothing_sent(error)
