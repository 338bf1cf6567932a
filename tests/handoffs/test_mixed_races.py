"""Many different actions on one handoff at once: nobody blocks anybody, and the result is consistent."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs import claims, jobs, service
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import service as sessions
from flowpilot.settings import Settings
from flowpilot.wiring import wire_features
from tests.company import Company, add_colleague
from tests.handoffs.helpers import REASON, actor, check_laws, escalated, forget_jobs, worker_context
from tests.repeats import repeated_later
from tests.sessions.loading import load_for_work

pytestmark = pytest.mark.anyio

ROUNDS = 12
AT_ONCE = 16


@dataclass(frozen=True)
class Desk:
    """The people around a handoff: its creator, two seniors, an admin."""

    company: Company
    database: Database
    settings: Settings
    people: list[Actor]
    chance: random.Random

    def anybody(self) -> Actor:
        return self.chance.choice(self.people)


@dataclass(frozen=True)
class Case:
    """A handoff on which many act."""

    handoff_id: uuid.UUID
    session_id: uuid.UUID


Deed = Callable[[Db, Desk, Case], Awaitable[object]]


async def _claim(db: Db, desk: Desk, case: Case) -> None:
    await claims.claim(db, desk.anybody(), case.handoff_id, now())


async def _release(db: Db, desk: Desk, case: Case) -> None:
    await claims.release(db, desk.anybody(), case.handoff_id, "No time.", now())


async def _reassign(db: Db, desk: Desk, case: Case) -> None:
    target = desk.chance.choice([None, desk.anybody().user_id])
    await claims.reassign(db, desk.anybody(), case.handoff_id, target, now())


async def _close(db: Db, desk: Desk, case: Case) -> None:
    outcome = desk.chance.choice(list(Outcome))
    await service.close(db, desk.anybody(), case.handoff_id, outcome, "It was the fuse.", now())


async def _step(db: Db, desk: Desk, case: Case) -> None:
    who = desk.anybody()
    await sessions.write_text(db, who, await load_for_work(db, who, case.session_id, now()), "I looked at it.")


async def _resolve(db: Db, desk: Desk, case: Case) -> None:
    who = desk.anybody()
    await sessions.resolve(db, who, await load_for_work(db, who, case.session_id, now()), "It was the fuse.")


async def _abandon(db: Db, desk: Desk, case: Case) -> None:
    who = desk.anybody()
    await sessions.abandon(db, who, await load_for_work(db, who, case.session_id, now()), "Enough.")


async def _escalate(db: Db, desk: Desk, case: Case) -> None:
    who = desk.anybody()
    await service.escalate(db, who, await load_for_work(db, who, case.session_id, now()), Escalation(REASON))


async def _lease_job(db: Db, desk: Desk, case: Case) -> None:
    handoff = await db.get_one(SessionHandoff, (desk.company.id, case.handoff_id))
    claimed_at = (handoff.claimed_at or now()).isoformat()
    job = desk.chance.choice([jobs.expire, jobs.remind])
    context = worker_context(desk.database, desk.settings)
    await job(context, str(desk.company.id), str(case.handoff_id), claimed_at)


@pytest.fixture(scope="module")
async def crowded(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections for all who act at once."""
    database = Database(urls.runtime, pool_size=3 * AT_ONCE)  # A job takes one of its own.
    yield database
    await database.close()


@pytest.fixture
async def desk(urls: DatabaseUrls, company: Company, settings: Settings, crowded: Database) -> AsyncIterator[Desk]:
    wire_features()
    people = [actor(company), actor(company, Role.TEAM_ADMIN)]
    company.let_sign_in(*(person.user_id for person in people))
    async with crowded.write(company.id) as db:
        people += [actor(company, user_id=await add_colleague(db, company.id, name)) for name in ("Kim", "Lou")]
    yield Desk(company, crowded, settings, people, random.Random(new_id().int))  # noqa: S311 - no secret
    forget_jobs(urls, company)


async def _cases(desk: Desk, *, are_claimed: bool) -> list[Case]:
    async def make() -> list[list[str]]:
        cases = [await _case(desk, is_claimed=are_claimed) for _ in range(ROUNDS)]
        return [[str(case.handoff_id), str(case.session_id)] for case in cases]

    made = await repeated_later(desk.company, "the verbs", ["cases", are_claimed], make)
    return [Case(*map(uuid.UUID, ids)) for ids in made]


async def _case(desk: Desk, *, is_claimed: bool) -> Case:
    async with desk.database.write(desk.company.id) as db:
        handoff = await escalated(db, desk.people[0], now())
    if is_claimed:
        async with desk.database.write(desk.company.id) as db:
            await claims.claim(db, desk.people[2], handoff.id, now())
    return Case(handoff.id, handoff.session_id)


async def _at_once(desk: Desk, case: Case, deeds: list[Deed]) -> list[FlowPilotError | None]:
    """Do it all at once. Refusals come with words, and nothing fails in any other way."""

    async def attempt(deed: Deed) -> FlowPilotError | None:
        try:
            async with desk.database.write(desk.company.id) as db:
                await deed(db, desk, case)
        except FlowPilotError as error:
            return error
        return None

    desk.chance.shuffle(deeds)
    return await asyncio.gather(*(attempt(deed) for deed in deeds))


@pytest.mark.parametrize("is_claimed", [False, True])
@pytest.mark.parametrize("other", [_release, _reassign, _close, _step, _resolve, _abandon, _escalate, _lease_job])
async def test_claims_against(desk: Desk, other: Deed, is_claimed: bool) -> None:
    for case in await _cases(desk, are_claimed=is_claimed):
        await _at_once(desk, case, [_claim, _claim, _claim, other, other, other])
    check_laws(desk.company)


@pytest.mark.long
async def test_anything_at_once(desk: Desk) -> None:
    every = [_claim, _release, _reassign, _close, _step, _resolve, _abandon, _escalate, _lease_job]
    for number in range(4 * ROUNDS):
        case = await _case(desk, is_claimed=number % 2 == 0)
        deeds: list[Deed] = [*desk.chance.choices(every, k=AT_ONCE), _claim, _escalate]
        results = await _at_once(desk, case, deeds)
        assert None in results
    check_laws(desk.company)
