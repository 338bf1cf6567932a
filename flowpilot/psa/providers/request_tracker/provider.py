"""Request Tracker as a ticket system.

A note and its time are one transaction there. A comment is for the desk, a correspondence is mailed to the
requestors. The marker is in the transaction's subject: Request Tracker stores it in the same write and can search
for it.
"""

import base64
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access
from flowpilot.psa.client import Client as Requests
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
    Ticket,
    TicketFile,
    TicketNote,
    TicketPage,
    TicketQuery,
    Unknown,
)
from flowpilot.psa.providers.request_tracker import records, ticket_sql
from flowpilot.psa.providers.request_tracker.forms import Credentials, Settings, statuses_of
from flowpilot.psa.providers.request_tracker.history import History
from flowpilot.psa.providers.request_tracker.people import list_clients, list_members, read_owner
from flowpilot.psa.providers.request_tracker.rest import NotFoundError, Rest, message
from flowpilot.psa.providers.request_tracker.rights import check, missing_lifecycle
from flowpilot.psa.targets import writable_ticket
from flowpilot.text import sentence

_CAPABILITIES = Capabilities(
    has_joint_records=True,
    books_for=BooksFor.CREDENTIAL_OWNER,
    marker=Marker.SEARCH,
    time_unit_seconds=60,
    takes_files=True,
)
_PATHS = {Audience.INTERNAL: "comment", Audience.CLIENT: "correspond"}
_SUBJECT_CHARS = 200
_RIGHTS = {Audience.INTERNAL: "CommentOnTicket", Audience.CLIENT: "ReplyToTicket"}


class RequestTracker:
    """Request Tracker with one token."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self.capabilities = replace(_CAPABILITIES, slowest_answer_seconds=settings.slowest_answer_seconds)
        self._rest = Rest(Requests(access, "Request Tracker"), credentials.token, self.capabilities.parallel_calls)
        self._base_url = access.base_url
        self._lifecycles = statuses_of(settings.lifecycles)
        self._domains = settings.member_domains
        self._history = History(self._rest, self._ticket)

    async def check(self) -> Sequence[Finding]:
        """Whether the token's owner has each right, as far as tickets that are there can show it."""
        return await check(self._rest, self._lifecycles, self._domains)

    async def search(self, query: TicketQuery) -> TicketPage:
        """Tickets by words of their summary, or by number."""
        number = read_cursor(query.cursor, 1)
        page = {"per_page": query.limit, "page": number, "orderby": "LastUpdated", "order": "DESC"}
        found = await self._rest.get(
            "/tickets", {"query": ticket_sql.tickets_of(query), **records.TICKET_FIELDS, **page}
        )
        tickets = map(self._ticket, found["items"])
        return TicketPage(
            [ticket for ticket in tickets if ticket_sql.has_words(query, ticket.id, ticket.summary)],
            # Without a right to see any ticket, there is not even a number of pages.
            str(number + 1) if number < (found["pages"] or 0) else None,
        )

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """A ticket, with what only a search tells: who asks, and for which organisation."""
        found = await self._find(ticket_id)
        if found is None:
            # A search finds no ticket that is deleted, or merged into another.
            known = await self._resolve(ticket_id)
            found = await self._find(str(known["id"])) or known
        return self._ticket(found)

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """Comments are internal; how the ticket began and what was mailed is not."""
        ticket = await self._resolve(ticket_id)
        newest = {"per_page": limit, "orderby": "id", "order": "DESC"}
        query = {"query": ticket_sql.notes_of(str(ticket["id"]))}
        transactions = (await self._rest.get("/transactions", {**query, **records.NOTE_FIELDS, **newest}))["items"]
        attachments = await self._texts([int(one["id"]) for one in transactions])
        notes = (records.note(transaction, attachments) for transaction in transactions)
        return [note for note in notes if note is not None]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """Tickets with their transactions."""
        return await self._history.page(since, cursor)

    async def list_members(self) -> Sequence[Member]:
        """The privileged users of the desk's e-mail domains."""
        return await list_members(self._rest, self._domains)

    async def read_owner(self) -> str | None:
        """The user to whom the token belongs, which the token itself tells by their number."""
        owner = await read_owner(self._rest)
        return None if owner is None else str(owner["Name"])

    async def list_clients(self) -> Sequence[Client]:
        """The organisations of all users. A client's id is its name, since Request Tracker has no other."""
        return await list_clients(self._rest)

    async def list_boards(self) -> Sequence[Board]:
        """The queues that the token's owner sees."""
        queues = await self._rest.items("/queues/all", {"fields": "Name,Lifecycle"})
        return [self._board(one["id"], one["Name"], one["Lifecycle"]) for one in queues]

    async def find_record(self, ticket_id: str, marker: str, _kind: PostingStepKind) -> str | None:
        """The transaction with this marker; one from before a merge is still found by the old number."""
        found = await self._transaction(ticket_id, marker)
        return None if found is None else str(found["id"])

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The minutes of the transaction with this marker."""
        found = await self._transaction(ticket_id, marker)
        return None if found is None else float(found["TimeTaken"])

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Add a comment or a correspondence, with the time of one person."""
        ticket = await writable_ticket(self.read_ticket, ticket_id)
        if not isinstance(ticket, Ticket):
            return ticket
        said: dict[str, Any] = {"Subject": _subject(ticket, record)}
        if record.text is not None:
            said |= {"Content": record.text, "ContentType": "text/plain"}
        if record.file is not None:
            said["Attachments"] = [_attached(record.file)]
        if record.time is not None:
            # It adds to what the ticket has; the ticket's own TimeWorked would replace what a colleague booked.
            said["TimeTaken"] = record.time.minutes
        answer = await self._rest.send("POST", f"/ticket/{ticket.id}/{_PATHS[record.audience]}", said)
        if not isinstance(answer, Answer):
            return answer
        transaction = answer.headers.get("Location", "").rpartition("/transaction/")[2]
        if answer.is_success and transaction.isdecimal():
            return Accepted(transaction)
        return _unwritten(answer, _RIGHTS[record.audience])

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set the status, unless the ticket has it. Request Tracker answers 200 whether it does so or not."""
        ticket = await writable_ticket(self.read_ticket, ticket_id)
        if not isinstance(ticket, Ticket):
            return ticket
        if ticket.status_id == status_id:
            return Accepted(status_id)
        answer = await self._rest.send("PUT", f"/ticket/{ticket.id}", {"Status": status_id})
        if isinstance(answer, Answer):
            return await self._status_set(ticket_id, status_id, answer)
        return answer

    async def aclose(self) -> None:
        """Nothing is open."""

    def _board(self, number: str, name: str, lifecycle: str) -> Board:
        statuses = self._lifecycles.get(lifecycle, ())
        return Board(number, name, statuses, None if statuses else missing_lifecycle(lifecycle))

    def _ticket(self, found: dict[str, Any]) -> Ticket:
        return records.ticket(found, self._base_url, self._lifecycles)

    async def _find(self, ticket_id: str) -> dict[str, Any] | None:
        if not is_number(ticket_id):
            raise NoSuchTicketError(ticket_id)
        found = await self._rest.get("/tickets", {"query": f"id = {ticket_id}", **records.TICKET_FIELDS})
        return next(iter(found["items"]), None)

    async def _resolve(self, ticket_id: str) -> dict[str, Any]:
        """The ticket that answers to this number: another one, if it was merged."""
        if not is_number(ticket_id):
            raise NoSuchTicketError(ticket_id)
        try:
            found: dict[str, Any] = await self._rest.get(
                f"/ticket/{ticket_id}", {"fields[Queue]": "Name,Lifecycle"}
            )
        except NotFoundError:
            raise NoSuchTicketError(ticket_id) from None
        return found

    async def _status_set(self, ticket_id: str, status_id: str, answer: Answer) -> Outcome:
        if not answer.is_success:
            return _unwritten(answer, "ModifyTicket")
        try:
            now = await self.read_ticket(ticket_id)
        except ProviderError as error:
            return Unknown(
                f"Request Tracker was sent the status, and did not say which one it has. {error.detail}"
            )
        if now.status_id == status_id:
            return Accepted(status_id)
        reason = f"The queue {now.board} did not take the status {status_id}. {sentence(message(answer))}".rstrip()
        choose = "A team admin chooses another one under Statuses in Settings; then try again."
        return Refused(f"{reason} {choose}", "status")

    async def _transaction(self, ticket_id: str, marker: str) -> dict[str, Any] | None:
        found = await self._recorded(ticket_id, marker)
        if found is None:
            # Since a merge, what is written goes to the ticket that is left.
            left = str((await self._resolve(ticket_id))["id"])
            found = await self._recorded(left, marker) if left != ticket_id else None
        return found

    async def _recorded(self, ticket_id: str, marker: str) -> dict[str, Any] | None:
        if not is_number(ticket_id):
            raise NoSuchTicketError(ticket_id)
        query = {"query": ticket_sql.record_of(ticket_id, marker), "fields": "TimeTaken", "orderby": "id"}
        return next(iter((await self._rest.get("/transactions", query))["items"]), None)

    async def _texts(self, transactions: Sequence[int]) -> Sequence[dict[str, Any]]:
        """What the transactions say, without files that are not text."""
        conditions = [
            {"field": "TransactionId", "operator": "IN", "value": transactions},
            {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"},
        ]
        fields = {"fields": "TransactionId,ContentType,Filename,Content"}
        return (
            await self._rest.items("/attachments", {"query": json.dumps(conditions), **fields})
            if transactions
            else ()
        )


def _attached(file: TicketFile) -> dict[str, str]:
    content = base64.b64encode(file.content).decode()
    # Request Tracker mangles other letters in the name of a file.
    name = unicodedata.normalize("NFKD", file.name).encode("ascii", "ignore").decode()
    return {"FileName": name, "FileType": file.media_type, "FileContent": content}


def _subject(ticket: Ticket, record: Record) -> str:
    # The client reads it as the subject of an e-mail.
    if record.audience is Audience.CLIENT:
        return f"{ticket.summary[:_SUBJECT_CHARS]} ({record.marker})"
    return record.marker


def _unwritten(answer: Answer, right: str) -> Refused | Unknown:
    """What an answer means that does not say where something was written."""
    if answer.is_redirect:
        return Refused("Request Tracker has moved. Enter its new address.")
    if 400 <= answer.status < 500:
        said = sentence(message(answer))
        return Refused(
            f"Request Tracker refused it: {said} Does the token's owner have the right {right} in its queue?"
        )
    return Unknown(f"Request Tracker answered {answer.status}, and not what it wrote.")
