"""Checking a connection: does all work that FlowPilot needs, and who works there."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from flowpilot.db.session import Database
from flowpilot.psa.connections.models import NO_TROUBLE, PsaConnection
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.connections.queries import read_connection
from flowpilot.psa.members.schedule import EVERY, schedule_reading
from flowpilot.psa.members.service import store_members
from flowpilot.psa.provider import Finding, Level, Member, Provider, ProviderError, TicketQuery
from flowpilot.psa.tickets.links import learned_template
from flowpilot.settings import Settings

# A person waits for it.
_PATIENCE = timedelta(seconds=5)
_TIMEOUT_SECONDS = 15.0


async def check_connection(
    database: Database, settings: Settings, account_id: uuid.UUID, connection_id: uuid.UUID, now: datetime
) -> Sequence[Finding]:
    """What works and what does not, kept with the connection.

    If all works, its members are read as well, and what waits is tried at once.

    If the connection was changed meanwhile, what was found says nothing of it, and is not kept.

    Raises:
        NoSuchConnectionError: there is none with this id.
    """
    async with database.read(account_id) as db:
        connection = await read_connection(db, account_id, connection_id)
    seen = await _look(database, settings, connection)
    this = PsaConnection.account_id == account_id, PsaConnection.id == connection_id
    as_read = (
        PsaConnection.base_url == connection.base_url,
        PsaConnection.credentials_encrypted == connection.credentials_encrypted,
        PsaConnection.settings == connection.settings,
    )
    found = _stored(seen, connection)
    async with database.write(account_id) as db:
        mended = NO_TROUBLE if is_ok(seen.findings) else {}
        kept = update(PsaConnection).where(*this, *as_read).values(findings=found, checked_at=now, **mended)
        is_kept = await db.scalar(kept.returning(PsaConnection.id)) is not None
        if is_kept and seen.members is not None:
            await store_members(db, connection, seen.members, now)
            await schedule_reading(db, connection, now + EVERY)
    return seen.findings


def is_ok(findings: Sequence[Finding]) -> bool:
    """Whether nothing stops postings."""
    return all(finding.level is not Level.ERROR for finding in findings)


def findings_of(connection: PsaConnection) -> list[Finding]:
    """What the last check found."""
    return [Finding(Level(item["level"]), item["text"]) for item in (connection.findings or {}).get("items", ())]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the ticket system has shown; only findings, if one of them is an error."""

    findings: Sequence[Finding]
    members: Sequence[Member] | None = None
    ticket_url: str | None = None


def _stored(seen: _Seen, connection: PsaConnection) -> dict[str, Any]:
    # A check that fails, or sees no ticket, does not make the links of the same system wrong.
    known = (connection.findings or {}).get("ticket_url")
    items = [{"level": finding.level, "text": finding.text} for finding in seen.findings]
    return {"items": items, "ticket_url": seen.ticket_url or known}


async def _look(database: Database, settings: Settings, connection: PsaConnection) -> _Seen:
    try:
        provider = open_provider(
            database, settings, connection, patience=_PATIENCE, timeout_seconds=_TIMEOUT_SECONDS
        )
    except ProviderError as error:
        return _Seen([Finding(Level.ERROR, error.detail)])
    try:
        return await _ask(provider)
    except ProviderError as error:
        return _Seen([Finding(Level.ERROR, error.detail)])
    finally:
        await provider.aclose()


async def _ask(provider: Provider) -> _Seen:
    findings = await provider.check()
    if not is_ok(findings):
        return _Seen(findings)
    members = await provider.list_members()
    some = await provider.search(TicketQuery(is_open=False, limit=1))
    return _Seen(findings, members, learned_template(some.items))
