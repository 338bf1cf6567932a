"""The companies that the ticket system knows, searched here: no two systems search them alike."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.db.session import Database
from flowpilot.psa.connections.asking import ask
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.provider import Client
from flowpilot.psa.tickets.recent import Recent
from flowpilot.settings import Settings

# A desk with thousands of companies needs some requests for them.
_PATIENCE = timedelta(seconds=5)
_TIMEOUT_SECONDS = 15.0
_DEADLINE_SECONDS = 60.0

_RECENT: Recent[Sequence[Client]] = Recent(timedelta(seconds=60), most=50)


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """Companies of the connection that was asked, and what leads to more of them."""

    connection_id: uuid.UUID
    items: Sequence[Client]
    next_cursor: str | None


async def search_companies(
    database: Database,
    settings: Settings,
    account_id: uuid.UUID,
    text: str,
    limit: int,
    cursor: str | None,
    now: datetime,
) -> CompanyPage:
    """Companies whose names have the text, by name, as they were at most a minute ago.

    Raises:
        NotConnectedError, ProviderError: as `ask`.
        BadCursorError: the cursor is not one of this list.
    """
    start = read_cursor(cursor, 0)
    asking = ask(
        database,
        settings,
        account_id,
        patience=_PATIENCE,
        timeout_seconds=_TIMEOUT_SECONDS,
        deadline_seconds=_DEADLINE_SECONDS,
    )
    async with asking as asked:
        known = _RECENT.get(asked.connection.id, now)
        if known is None:
            known = await asked.provider.list_clients()
            _RECENT.put(asked.connection.id, known, now)
    found = [company for company in known if text.casefold() in company.name.casefold()]
    end = start + limit
    return CompanyPage(asked.connection.id, found[start:end], str(end) if end < len(found) else None)
