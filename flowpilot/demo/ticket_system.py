"""The demo's ticket system: the console, with the tickets that the demo's sessions are about.

What is posted from then on is real: it is enqueued, printed by the worker, looked for and confirmed.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import exists, select

from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.demo.world import ACCOUNTS, DemoAccount
from flowpilot.identity.actor import Actor, Role
from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.connections.opening import files_of
from flowpilot.psa.connections.service import NewConnection, connect
from flowpilot.psa.members.service import store_members
from flowpilot.psa.models import PsaPostLog
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.context import posting_context
from flowpilot.psa.provider import Member
from flowpilot.psa.providers.console import Credentials, KnownTicket
from flowpilot.psa.rules.models import default_rules
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.postings.enqueueing import post
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.transitions import OPEN
from flowpilot.settings import Settings

# Enough to see a few postings arrive and one wait.
_POSTED = 4
_HELD = 1

# The desk closes its tickets some time after it has solved them.
_CLOSED_AFTER = timedelta(days=1)


async def connect_demo(runtime_url: str, settings: Settings, now: datetime) -> None:
    """Connect the demo's accounts to a ticket system that prints, unless they are or were connected to one."""
    database = Database(runtime_url, pool_size=1)
    try:
        for account in ACCOUNTS:
            async with database.write(account.id) as db:
                await _connect(db, account, settings, now)
    finally:
        await database.close()


async def _connect(db: Db, account: DemoAccount, settings: Settings, now: datetime) -> None:
    known = select(PsaConnection.id).where(PsaConnection.account_id == account.id).limit(1)
    if await db.scalar(known) is not None:
        return
    owner = Actor(account.id, account.owner.id, Role.OWNER, account.timezone)
    new = NewConnection(ProviderKind.CONSOLE, "Console", "https://tickets.example.com", Credentials(), {})
    connection = await connect(db, owner, new, settings, now)
    people = [Member(str(one.person.id), one.person.name, one.person.email) for one in account.members]
    tickets = await _tickets(db, account.id, now)
    _write(files_of(settings, account.id), people, tickets)
    await store_members(db, connection, people, now)
    await _post_some(db, account, now)


async def _post_some(db: Db, account: DemoAccount, now: datetime) -> None:
    """Post the newest sessions whose notes have not arrived, so that there is something to look at."""
    waiting = default_rules(account.id)
    waiting.waits_for_person = True
    arrived = exists().where(
        PsaPostLog.account_id == AISession.account_id,
        PsaPostLog.ai_session_id == AISession.id,
        PsaPostLog.status == "success",
    )
    query = (
        select(AISession)
        .where(
            AISession.account_id == account.id,
            AISession.status == SessionStatus.RESOLVED,
            AISession.psa_ticket_id.is_not(None),
            ~arrived,
        )
        .order_by(AISession.created_at.desc())
        .limit(_POSTED + _HELD)
    )
    for number, session in enumerate(list(await db.scalars(query))):
        history = await read_session(db, account.id, session.id)
        context = await posting_context(db, account.id, session.id)
        if number < _HELD:
            context = replace(context, rules=waiting)
        await post(db, context, history, account.timezone, Occasion.RESOLVED, session.worked_on_by, now)


async def _tickets(db: ReadDb, account_id: uuid.UUID, now: datetime) -> Sequence[KnownTicket]:
    """The ticket of every session; those whose sessions have ended a while ago are closed."""
    rows = await db.scalars(
        select(AISession)
        .where(AISession.account_id == account_id, AISession.psa_ticket_id.is_not(None))
        .order_by(AISession.created_at.desc())
    )
    tickets: dict[str, KnownTicket] = {}
    for session in rows:
        changed_at = session.resolved_at or session.last_activity_at or session.created_at
        ticket = KnownTicket(
            str(session.psa_ticket_id),
            None,
            session.problem_summary,
            session.client_name,
            is_closed=session.status not in OPEN and changed_at < now - _CLOSED_AFTER,
            updated_at=changed_at,
            member_id=str(session.worked_on_by),
        )
        tickets.setdefault(ticket.id, ticket)
    return list(tickets.values())


def _write(directory: Path, people: Sequence[Member], tickets: Sequence[KnownTicket]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "members.json").write_bytes(TypeAdapter(Sequence[Member]).dump_json(people))
    (directory / "tickets.json").write_bytes(TypeAdapter(Sequence[KnownTicket]).dump_json(tickets))
