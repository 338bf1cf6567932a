"""Details are corrected while clients are merged."""

import asyncio
import uuid

import pytest

from flowpilot.clients.finding import find_or_create
from flowpilot.clients.merging import merge, undo
from flowpilot.clients.service import change
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions.api import lock_to_correct
from flowpilot.sessions.clients import with_client
from flowpilot.sessions.service import correct
from flowpilot.sessions.starting import NewSession, start
from tests.company import Company

pytestmark = pytest.mark.anyio


async def test_no_session_stays_with_a_client_that_is_merged(company: Company, database: Database) -> None:
    actor = Actor(company.id, company.users[Role.TEAM_ADMIN], Role.TEAM_ADMIN, "UTC")
    async with database.write(company.id) as db:
        old, new = [(await find_or_create(db, actor, name, now())).id for name in ("Acme", "ACME Ltd.")]
        about = [NewSession("Odd", client_name=name) for name in ("Acme", "ACME Ltd.", "Globex") * 2]
        sessions = [(await start(db, actor, one, now()))[0].session.id for one in about]

    async def correct_it(session_id: uuid.UUID, name: str) -> None:
        async with database.write(company.id) as db:
            locked = await lock_to_correct(session_id, actor, db, now())
            details = await with_client(db, actor, locked.session, {"client_name": name}, now())
            await correct(db, locked, **details)

    async def merge_them() -> uuid.UUID:
        async with database.write(company.id) as db:
            return (await merge(db, actor, old, new, now())).id

    async def rename_it(name: str) -> None:
        async with database.write(company.id) as db:
            await change(db, actor, new, now(), name=name)

    async def begin(name: str) -> None:
        async with database.write(company.id) as db:
            await start(db, actor, NewSession("Odd", client_name=name), now())

    # Nobody is told to send it again: whoever changes the same things waits in the same order.
    corrections = [correct_it(session, name) for session in sessions for name in ("Acme", "acme ltd.")]
    merging = asyncio.create_task(merge_them())
    renames = [rename_it(name) for name in ("Acme Limited", "ACME Ltd.")]
    await asyncio.gather(*corrections, *renames, *(begin(name) for name in ("Acme", "acme ltd.", "Initech") * 2))
    merge_id = await merging

    assert company.query("SELECT count(*) FROM ai_sessions WHERE client_id = %s", old) == [(0,)]
    wrong = "SELECT s.id FROM ai_sessions s JOIN clients c ON c.id = s.client_id WHERE c.name <> s.client_name"
    assert company.query(wrong) == []
    [(moved,)] = company.query("SELECT count(*) FROM client_merge_sessions")
    async with database.write(company.id) as db:
        _, back = await undo(db, actor, merge_id, now())
    assert back <= moved
    assert company.query("SELECT count(*) FROM ai_sessions WHERE client_id = %s", old) == [(back,)]
    assert company.query(wrong) == []
