"""What becomes of a posting whose ticket the system does not show: one ticket holds up no other.

Whether the system is down, or only this ticket is broken there, a second question tells. In either case the
posting goes behind the others, so that the next attempt is at another ticket.
"""

from datetime import datetime

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.outgoing.pauses import as_long_again
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings import health, record
from flowpilot.psa.postings.models import PsaPosting
from flowpilot.psa.postings.sending import due
from flowpilot.psa.provider import CredentialsError, Provider, ProviderError, TicketQuery, UnavailableError


async def step_back(
    database: Database, connection: PsaConnection, provider: Provider, posting: PsaPosting, error: UnavailableError
) -> datetime | None:
    """Put a posting behind the others. Returns until when the connection rests, if the system is down.

    Raises:
        CredentialsError: the ticket system does not accept the credentials any more.
    """
    if error.not_before is None and await _answers(provider):
        reason = f"{error.detail} Other tickets can be read, so this one is tried again later."
        await put_off(database, posting, now() + as_long_again(posting.created_at, now()), reason)
        return None
    await put_behind(database, posting)
    return await health.record_failure(database, connection, error.detail, error.not_before)


async def put_behind(database: Database, posting: PsaPosting) -> None:
    """Let everything that is due by now go first, without a word: it is the whole system that takes nothing."""
    async with database.write(posting.account_id) as db:
        await due.put_off(db, posting, now())


async def put_off(database: Database, posting: PsaPosting, until: datetime, reason: str) -> None:
    """Try a posting again at that time, and say why."""
    async with database.write(posting.account_id) as db:
        await due.put_off(db, posting, until)
        reasons = {step.id: reason for step in await due.wanted_steps(db, posting)}
        await record.explain(db, posting.account_id, posting.id, reasons, now())


async def _answers(provider: Provider) -> bool:
    try:
        await provider.search(TicketQuery(is_open=False, limit=1))
    except UnavailableError:
        return False
    except CredentialsError:
        raise
    except ProviderError:
        return True
    return True
