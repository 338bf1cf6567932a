"""Leaving while work comes in: members who have left hold nothing, whatever happened at that moment."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest

from flowpilot.baselines import service as baselines
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs import claims, service
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.locking import lock_target
from flowpilot.handoffs.models import Outcome
from flowpilot.identity.actor import Actor, Role
from flowpilot.identity.members import change_role, remove_member
from flowpilot.sessions import assignment, starting
from flowpilot.sessions.locking import lock_for_work
from flowpilot.wiring import wire_features
from tests.company import Company, add_colleague
from tests.handoffs.helpers import REASON, actor, check_laws, escalated, forget_jobs

pytestmark = pytest.mark.anyio

ROUNDS = 10


@dataclass(frozen=True)
class Desk:
    """One company: its engineer, its owner, and somebody who stays."""

    company: Company
    database: Database
    engineer: Actor
    owner: Actor
    senior: Actor

    async def kim(self) -> Actor:
        """Somebody who is about to leave."""
        async with self.database.write(self.company.id) as db:
            return actor(self.company, user_id=await add_colleague(db, self.company.id, "Kim"))

    async def handoff(self, by: Actor | None = None) -> uuid.UUID:
        """A handoff that waits."""
        async with self.database.write(self.company.id) as db:
            return (await escalated(db, by or self.engineer, now())).id

    async def in_turn(self, deed: "Deed", kim: Actor, handoff: uuid.UUID) -> FlowPilotError | None:
        """Do something in a transaction of its own. A refusal comes with words."""
        try:
            async with self.database.write(self.company.id) as db:
                await deed(self, db, kim, handoff)
        except FlowPilotError as error:
            return error
        return None


Deed = Callable[[Desk, Db, Actor, uuid.UUID], Awaitable[object]]


async def _remove(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await remove_member(db, desk.owner, kim.user_id, now(), hand_over_to=desk.senior.user_id)


async def _leave_to(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID, successor: Actor) -> None:
    await remove_member(db, desk.owner, kim.user_id, now(), hand_over_to=successor.user_id)


async def _lower(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await change_role(db, desk.owner, kim.user_id, Role.VIEWER, now())


async def _claim(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await claims.claim(db, kim, handoff, now())


async def _start(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await starting.start(db, kim, starting.NewSession("The scanner sends blank pages"), now())


async def _time(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await baselines.start(db, kim, note="", problem_domain=None, now=now())


async def _assign(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    await claims.reassign(db, desk.owner, handoff, kim.user_id, now())


async def _escalate_to(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    begun, _ = await starting.start(db, desk.engineer, starting.NewSession("The scanner sends blank pages"), now())
    await db.flush()
    await lock_target(db, desk.engineer, kim.user_id)
    locked = await lock_for_work(db, desk.engineer, begun.session.id, now())
    await service.escalate(db, desk.engineer, locked, Escalation(REASON, target_user_id=kim.user_id))


async def _give_back_to(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    """The senior gives back what Kim escalated."""
    await service.close(db, desk.senior, handoff, Outcome.RETURNED, "", now())


async def _take(desk: Desk, db: Db, kim: Actor, handoff: uuid.UUID) -> None:
    [(session_id,)] = desk.company.query("SELECT session_id FROM session_handoffs WHERE id = %s", handoff)
    await assignment.take(db, kim, session_id, now())


@pytest.fixture
async def desk(urls: DatabaseUrls, company: Company, database: Database) -> AsyncIterator[Desk]:
    wire_features()
    async with database.write(company.id) as db:
        senior = actor(company, user_id=await add_colleague(db, company.id, "Senior"))
    yield Desk(company, database, actor(company), actor(company, Role.OWNER), senior)
    forget_jobs(urls, company)


def _holds(desk: Desk, kim: Actor) -> list[tuple[object, ...]]:
    """Every open row that names Kim."""
    return desk.company.query(
        "SELECT 'handoff', id FROM session_handoffs WHERE closed_at IS NULL AND (claimed_by = %(kim)s "
        "OR target_user_id = %(kim)s OR returns_to = %(kim)s) UNION ALL "
        "SELECT 'session', id FROM ai_sessions WHERE owner_id = %(kim)s AND resolved_at IS NULL UNION ALL "
        "SELECT 'stopwatch', id FROM handoff_baselines WHERE measured_by = %(kim)s AND seconds IS NULL".replace(
            "%(kim)s", f"'{kim.user_id}'"
        )
    )


@pytest.mark.parametrize("leave", [_remove, _lower])
@pytest.mark.parametrize("deed", [_claim, _start, _time, _assign, _escalate_to, _give_back_to, _take])
async def test_a_member_who_leaves_holds_nothing(desk: Desk, deed: Deed, leave: Deed) -> None:
    for number in range(ROUNDS):
        kim = await desk.kim()
        handoff = await desk.handoff(kim if deed is _give_back_to else None)
        if deed is _give_back_to:
            async with desk.database.write(desk.company.id) as db:
                await claims.claim(db, desk.senior, handoff, now())
        if deed is _take:
            async with desk.database.write(desk.company.id) as db:
                await service.close(db, desk.owner, handoff, Outcome.PARKED, "", now())
            desk.company.query("UPDATE ai_sessions SET owner_id = NULL WHERE status = 'paused' RETURNING id")
        pair = [deed, leave] if number % 2 else [leave, deed]
        refused = await asyncio.gather(*(desk.in_turn(one, kim, handoff) for one in pair))
        assert refused[pair.index(leave)] is None
        assert _holds(desk, kim) == []
    if deed is not _take:
        check_laws(desk.company)


async def test_two_leavers_who_hand_over_to_each_other_leave_nothing_out_of_sight(desk: Desk) -> None:
    for _ in range(ROUNDS):
        kim, lou = await desk.kim(), await desk.kim()
        for person in (kim, lou):
            async with desk.database.write(desk.company.id) as db:
                await claims.claim(db, person, await desk.handoff(), now())
        leaving = [
            desk.in_turn(partial(_leave_to, successor=other), person, new_id())
            for person, other in ((kim, lou), (lou, kim))
        ]
        refused = await asyncio.gather(*leaving)
        assert sorted(type(error).__name__ for error in refused) == ["NoneType", "NotAssignableError"]
        gone, left = (kim, lou) if refused[0] is None else (lou, kim)
        assert _holds(desk, gone) == []
        assert len(_holds(desk, left)) > 0
        check_laws(desk.company)
