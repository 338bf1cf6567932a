"""Each duration is written in working hours, too, with the event that ends it; reconcile finds the same."""

import pytest

from flowpilot.db.session import Database
from flowpilot.handoffs import claims
from flowpilot.identity.accounts import change_account
from flowpilot.identity.actor import Role
from flowpilot.identity.schemas import AccountChange
from flowpilot.sessions import service
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.locking import lock
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.transitions import Action
from flowpilot.wiring import wire_features
from tests.company import Company, at
from tests.handoffs.helpers import actor, check_laws, escalated
from tests.sessions.loading import load_for_work

pytestmark = pytest.mark.anyio

HOURS = {"work_days": [1, 2, 3, 4, 5], "work_start": "08:00", "work_end": "17:00"}
SESSION = "SELECT work_seconds FROM ai_sessions WHERE account_id = %s"
HANDOFF = (
    "SELECT claim_work_seconds, action_work_seconds, claimant_work_seconds FROM session_handoffs"
    " WHERE account_id = %s"
)


async def _live_through(database: Database, company: Company, **rules: object) -> None:
    """Escalated on Friday at 16:30, claimed on Saturday, acted on on Monday at 8:10 and resolved at 8:20."""
    wire_features()
    senior = actor(company, Role.TEAM_ADMIN)
    changes = AccountChange.model_validate(rules).model_dump(exclude_unset=True)
    async with database.write(company.id) as db:
        await change_account(db, actor(company, Role.OWNER), changes, at("2026-06-01 00:00"))
        handoff = await escalated(db, actor(company), at("2026-06-19 16:30"))
    async with database.write(company.id) as db:
        await claims.claim(db, senior, handoff.id, at("2026-06-20 12:00"))
    async with database.write(company.id) as db:
        loaded = await load_for_work(db, senior, handoff.session_id, at("2026-06-22 08:10"))
        await service.add_step(db, loaded, senior.user_id, NewStep(StepKind.NOTE, {"text": "Looked at it."}))
    async with database.write(company.id) as db:
        locked = await lock(db, company.id, handoff.session_id, at("2026-06-22 08:20"))
        await service.transition(db, locked, Action.RESOLVE, senior.user_id)


async def test_working_time_is_written_at_the_event(database: Database, company: Company) -> None:
    await _live_through(database, company, **HOURS)
    [(claim, action, claimant)] = company.query(HANDOFF, company.id)
    assert (round(claim), round(action), round(claimant)) == (1800, 600, 600)
    assert [round(seconds) for (seconds,) in company.query(SESSION, company.id)] == [1800 + 20 * 60]
    check_laws(company)


async def test_around_the_clock_nothing_is_stored_beside_a_duration(database: Database, company: Company) -> None:
    await _live_through(database, company)
    assert company.query(HANDOFF, company.id) == [(None, None, None)]
    assert company.query(SESSION, company.id) == [(None,)]
    check_laws(company)


async def test_a_claim_that_is_given_back_leaves_no_working_time(database: Database, company: Company) -> None:
    wire_features()
    senior = actor(company, Role.TEAM_ADMIN)
    changes = AccountChange.model_validate(HOURS).model_dump(exclude_unset=True)
    async with database.write(company.id) as db:
        await change_account(db, actor(company, Role.OWNER), changes, at("2026-06-01 00:00"))
        handoff = await escalated(db, actor(company), at("2026-06-19 16:30"))
    async with database.write(company.id) as db:
        await claims.claim(db, senior, handoff.id, at("2026-06-20 12:00"))
    async with database.write(company.id) as db:
        await claims.release(db, senior, handoff.id, "Not mine.", at("2026-06-20 13:00"))
    assert company.query(HANDOFF, company.id) == [(None, None, None)]
    check_laws(company)
