"""Redmine as a ticket system: issues are tickets, projects are boards, and journals with a text are notes."""

from collections.abc import Sequence
from datetime import datetime

from flowpilot.psa import targets
from flowpilot.psa.client import Access
from flowpilot.psa.client import Client as Requests
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.numbers import number
from flowpilot.psa.provider import (
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
)
from flowpilot.psa.providers.redmine import checking, directory, reading, searching, writing
from flowpilot.psa.providers.redmine.forms import Credentials, Settings
from flowpilot.psa.providers.redmine.history import History
from flowpilot.psa.providers.redmine.rest import Rest
from flowpilot.psa.providers.redmine.rights import Roles, missing_in, needed


class Redmine:
    """One Redmine, with the key of one of its users."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self.capabilities = Capabilities(
            has_joint_records=False,
            books_for=BooksFor.ANY_MEMBER,
            marker=Marker.LIST_AND_MATCH,
            max_note_chars=writing.MAX_NOTE_CHARS,
            time_unit_seconds=36,  # Hours have two decimals.
            slowest_answer_seconds=settings.slowest_answer_seconds,
            takes_files=settings.attaches_files,
            history_lacks="Time counts as written down at the moment at which it was booked.",
        )
        self._base_url = access.base_url
        self._settings = settings
        self._rest = Rest(Requests(access, "Redmine"), credentials.api_key)
        self._roles = Roles(self._rest)
        self._history = History(self._rest, access.base_url, settings)

    async def check(self) -> Sequence[Finding]:
        """What is missing, project by project."""
        return await checking.findings(self._rest, self._roles, self._settings)

    async def search(self, query: TicketQuery) -> TicketPage:
        """Issues whose subject has all the words, and the one with that number."""
        await self._rest.owner()
        issues, cursor = await searching.search(self._rest, query)
        return TicketPage([self._ticket(issue) for issue in issues], cursor)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """An issue. Redmine cannot merge issues, and a deleted one is gone."""
        await self._rest.owner()
        return self._ticket(await self._rest.read_issue(ticket_id))

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """The last notes; private ones of others only with the right to see them."""
        await self._rest.owner()
        issue = await self._rest.read_issue(ticket_id, include="journals")
        return list(reading.notes(issue))[:limit]

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """Issues with their journals and entries of time."""
        await self._rest.owner()
        return await self._history.page(since, cursor)

    async def list_members(self) -> Sequence[Member]:
        """The people who may log time; all users if the key is an administrator's."""
        return await directory.members(self._rest, self._roles)

    async def read_owner(self) -> str | None:
        """Nobody asks: time is booked for any member, so no member's own credentials are used."""
        return None

    async def list_clients(self) -> Sequence[Client]:
        """The projects, or what the client field of tickets says."""
        await self._rest.owner()
        return await directory.clients(self._rest, self._settings)

    async def list_boards(self) -> Sequence[Board]:
        """The projects."""
        await self._rest.owner()
        return await directory.boards(self._rest)

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """A journal whose text has the marker, or an entry of time whose comment has it."""
        await self._rest.owner()
        if kind is PostingStepKind.TIME:
            entry = await self._entry(ticket_id, marker)
            return None if entry is None else str(entry["id"])
        if kind is PostingStepKind.FILE:
            issue = await self._rest.read_issue(ticket_id, include="attachments")
            file = reading.marked_file(issue, marker)
            return None if file is None else str(file["id"])
        note = reading.marked_note(await self._rest.read_issue(ticket_id, include="journals"), marker)
        return None if note is None else str(note["id"])

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """The minutes of an entry, to the hundredth of an hour."""
        await self._rest.owner()
        entry = await self._entry(ticket_id, marker)
        return None if entry is None else float(entry["hours"]) * 60

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """Add a note or time to an issue; never without the rights that make it what the record says."""
        try:
            owner = await self._rest.owner()
            issue = await self._rest.read_issue(ticket_id)
            rights = await self._roles.of(owner, issue["project"]["id"])
        except ProviderError as error:
            return targets.nothing_sent(error)
        if missing := [right for right in needed(record, owner) if right not in rights]:
            return Refused(missing_in(issue["project"]["name"], missing, owner))
        if record.file is not None:
            return await writing.file(self._rest, issue, record)
        if record.time is None:
            return await writing.note(self._rest, issue, record)
        return await writing.time(self._rest, issue, record, self._settings)

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """Set an issue's status, as far as Redmine's workflow allows it to the key's owner."""
        try:
            await self._rest.owner()
            issue = await self._rest.read_issue(ticket_id)
        except ProviderError as error:
            return targets.nothing_sent(error)
        return await writing.status(self._rest, issue, status_id)

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _entry(self, ticket_id: str, marker: str) -> reading.Entry | None:
        """The entry of time with this marker, which Redmine looks up as a part of comments."""
        if number(ticket_id) is None:
            raise NoSuchTicketError(ticket_id)
        entries = self._rest.read_all(
            "/time_entries.json", "time_entries", issue_id=ticket_id, comments=f"~{marker}"
        )
        async for entry in entries:
            if marker in (entry["comments"] or "").split():
                return entry
        return None

    def _ticket(self, issue: reading.Entry) -> Ticket:
        return reading.ticket(issue, self._base_url, self._settings)
