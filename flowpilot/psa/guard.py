"""Between a ticket system and everything above it: no answer of one, however odd, is a failure of ours.

Providers read answers as their system documents them. What else a server may say is dealt with here, for all of
them alike: an answer that cannot be read is an error with a sentence, and nothing is passed on that PostgreSQL
cannot store.
"""

import logging
import traceback
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from flowpilot.errors import FlowPilotError
from flowpilot.psa.history import HistoryPage
from flowpilot.psa.provider import (
    Accepted,
    Board,
    BooksFor,
    Client,
    CredentialsError,
    Finding,
    Member,
    Outcome,
    PostingStepKind,
    Provider,
    ProviderError,
    Record,
    Refused,
    Ticket,
    TicketNote,
    TicketPage,
    TicketQuery,
    Unknown,
)
from flowpilot.psa.texts import Name
from flowpilot.text import MAX_NAME, MAX_REASON, kept

_log = logging.getLogger(__name__)

# What reading an answer of another form raises. Pydantic's error is a ValueError.
_ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

_OURS = Path(__file__).parent
_T = TypeVar("_T")

_FINDINGS = TypeAdapter(Sequence[Finding])
_PAGE = TypeAdapter(TicketPage)
_TICKET = TypeAdapter(Ticket)
_NOTES = TypeAdapter(Sequence[TicketNote])
_HISTORY = TypeAdapter(HistoryPage)
_MEMBERS = TypeAdapter(Sequence[Member])
_CLIENTS = TypeAdapter(Sequence[Client])
_BOARDS = TypeAdapter(Sequence[Board])
_ID: TypeAdapter[str | None] = TypeAdapter(Name | None)
_MINUTES: TypeAdapter[float | None] = TypeAdapter(float | None)


class Guarded:
    """A provider whose answers are checked. `system` is its name in sentences."""

    def __init__(self, provider: Provider, system: str) -> None:
        self.capabilities = provider.capabilities
        self._provider, self._system = provider, system

    async def check(self) -> Sequence[Finding]:
        """As `Provider.check`."""
        return await self._read(self._provider.check(), _FINDINGS)

    async def search(self, query: TicketQuery) -> TicketPage:
        """As `Provider.search`."""
        return await self._read(self._provider.search(query), _PAGE)

    async def read_ticket(self, ticket_id: str) -> Ticket:
        """As `Provider.read_ticket`."""
        return await self._read(self._provider.read_ticket(ticket_id), _TICKET)

    async def read_notes(self, ticket_id: str, limit: int) -> Sequence[TicketNote]:
        """As `Provider.read_notes`."""
        return await self._read(self._provider.read_notes(ticket_id, limit), _NOTES)

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        """As `Provider.read_history`."""
        return await self._read(self._provider.read_history(since, cursor), _HISTORY)

    async def list_members(self) -> Sequence[Member]:
        """As `Provider.list_members`."""
        return await self._read(self._provider.list_members(), _MEMBERS)

    async def read_owner(self) -> str | None:
        """As `Provider.read_owner`."""
        return await self._read(self._provider.read_owner(), _ID)

    async def list_clients(self) -> Sequence[Client]:
        """As `Provider.list_clients`."""
        return await self._read(self._provider.list_clients(), _CLIENTS)

    async def list_boards(self) -> Sequence[Board]:
        """As `Provider.list_boards`."""
        return await self._read(self._provider.list_boards(), _BOARDS)

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """As `Provider.find_record`."""
        return await self._read(self._provider.find_record(ticket_id, marker, kind), _ID)

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        """As `Provider.booked_minutes`."""
        return await self._read(self._provider.booked_minutes(ticket_id, marker), _MINUTES)

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        """As `Provider.write`. Nobody's time is booked in the name of somebody else by mistake."""
        is_somebodys = self.capabilities.books_for is BooksFor.ANY_MEMBER
        if is_somebodys and record.time is not None and record.time.member_id is None:
            return Refused(f"There is no member of {self._system} to book this time for. Map the person to one.")
        if record.file is not None and not self.capabilities.takes_files:
            return Refused(f"FlowPilot cannot send files to {self._system}. Attach it there by hand.")
        return await self._write(self._provider.write(ticket_id, record))

    async def set_status(self, ticket_id: str, status_id: str) -> Outcome:
        """As `Provider.set_status`."""
        return await self._write(self._provider.set_status(ticket_id, status_id))

    async def aclose(self) -> None:
        """As `Provider.aclose`."""
        await self._provider.aclose()

    async def _read(self, asking: Awaitable[_T], kind: TypeAdapter[_T]) -> _T:
        try:
            return kind.validate_python(_as_plain_data(await asking))
        except FlowPilotError as error:
            error.detail = kept(error.detail, MAX_REASON)
            raise
        except _ODD as error:
            raise ProviderError(self._unreadable(error)) from None

    async def _write(self, writing: Awaitable[Outcome]) -> Outcome:
        """An answer that cannot be read says nothing of whether it was written."""
        try:
            return _kept_outcome(await writing)
        except CredentialsError:
            raise
        except ProviderError as error:
            return Unknown(kept(error.detail, MAX_REASON))
        except _ODD as error:
            return Unknown(self._unreadable(error))

    def _unreadable(self, error: Exception) -> str:
        """The sentence about it. The error's own text may hold words of a ticket, so it is nowhere."""
        # The last line of ours: libraries read answers, too.
        places = traceback.extract_tb(error.__traceback__)
        place = next(one for one in reversed(places) if Path(one.filename).is_relative_to(_OURS))
        where = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
        _log.warning("%s gave an answer that cannot be read: %s", self._system, where)
        return (
            f"{self._system} gave an answer that FlowPilot cannot read ({where}). "
            "Check that the address is the ticket system's own."
        )


def _as_plain_data(found: Any) -> Any:
    # Pydantic takes an instance as it is, and checks each field of a dictionary.
    if found is None or isinstance(found, str | float | int):
        return found
    return [asdict(one) for one in found] if isinstance(found, list | tuple) else asdict(found)


def _kept_outcome(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Accepted):
        return Accepted(kept(outcome.external_id, MAX_NAME))
    reason = kept(outcome.reason, MAX_REASON)
    if isinstance(outcome, Refused):
        field, wrong_id = (
            None if one is None else kept(one, MAX_NAME) for one in (outcome.field, outcome.wrong_id)
        )
        return Refused(reason, field, wrong_id)
    return replace(outcome, reason=reason)
