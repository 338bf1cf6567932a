"""Asking the ticket system what a person waits for: for a few seconds, and while no transaction is open."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.connections.models import PauseKind, PsaConnection
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.connections.service import pause_for_credentials
from flowpilot.psa.limiter import PAGE_PATIENCE
from flowpilot.psa.provider import CredentialsError, Provider, UnavailableError
from flowpilot.settings import Settings

PAGE_SECONDS = 3.0
# Several requests, one after the other, together.
PAGE_DEADLINE_SECONDS = 8.0

_REFUSED = "The ticket system no longer accepts FlowPilot's credentials. A team admin can enter new ones."


@dataclass(frozen=True, slots=True)
class ConnectedSystem:
    """An account's active connection, and its ticket system."""

    connection: PsaConnection
    provider: Provider


@asynccontextmanager
async def ask(
    database: Database,
    settings: Settings,
    account_id: uuid.UUID,
    *,
    patience: timedelta = PAGE_PATIENCE,
    timeout_seconds: float = PAGE_SECONDS,
    deadline_seconds: float | None = PAGE_DEADLINE_SECONDS,
) -> AsyncIterator[ConnectedSystem]:
    """The account's ticket system. If it does not accept the credentials any more, the connection is paused.

    Args:
        database: of this process.
        settings: of this process.
        account_id: whose ticket system it is.
        patience: how long each request waits for its turn.
        timeout_seconds: how long it waits for its answer.
        deadline_seconds: how long all requests together may take; None for as long as they take.

    Raises:
        NotConnectedError: the account has none.
        CredentialsError: the credentials cannot be read, or are not accepted any more.
        UnavailableError: all requests together took longer than `deadline_seconds`.
    """
    async with database.read(account_id) as db:
        connection = await require_active(db, account_id)
    if connection.pause_kind == PauseKind.CREDENTIALS:
        # Asking again and again may lock the user out there.
        raise CredentialsError(_REFUSED)
    provider = open_provider(database, settings, connection, patience=patience, timeout_seconds=timeout_seconds)
    try:
        async with asyncio.timeout(deadline_seconds):
            yield ConnectedSystem(connection, provider)
    except TimeoutError:
        raise UnavailableError(f"{connection.name} takes too long to answer. Try again later.") from None
    except CredentialsError as error:
        async with database.write(account_id) as db:
            await pause_for_credentials(db, connection, error.detail, now())
        raise
    finally:
        await provider.aclose()
