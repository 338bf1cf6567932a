"""A ticket system that takes nothing gives its connection a rest, longer each time, and no posting is charged."""

from datetime import timedelta

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings import health
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


async def test_a_posting_is_not_charged_for_a_system_that_is_down(office: Office) -> None:
    office.desk.planned.append("down")
    await office.post()
    assert await office.turn() is not None
    assert office.company.query("SELECT attempts, due_at, asked_at FROM psa_posting_steps") == [(0, None, None)]


async def test_a_system_that_can_be_read_and_takes_nothing_rests_longer_each_time(office: Office) -> None:
    office.desk.planned.extend(["down", "down", ""])
    await office.post()
    for failures in (1, 2):
        await office.turn()
        assert office.company.query("SELECT failures FROM psa_connections") == [(failures,)]
    await office.turn()
    assert office.company.query("SELECT failures, trouble FROM psa_connections") == [(0, None)]


async def test_a_turn_is_scheduled_again_although_this_clock_is_behind(office: Office) -> None:
    behind = now()
    at = behind + timedelta(seconds=4)
    for _ in range(2):
        async with office.database.write(office.company.id) as db:
            await health.wake(db, office.company.id, office.connection_id, at, behind)
        async with office.database.write(office.company.id) as db:
            await health.awake(db, office.company.id, office.connection_id)
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'connection_id' = %s AND scheduled_at IS NOT NULL"
    assert office.company.query(jobs, str(office.connection_id)) == [(2,)]


async def test_what_is_enqueued_in_a_short_rest_does_not_wait_for_a_turn_that_is_a_day_away(
    office: Office,
) -> None:
    async with office.database.write(office.company.id) as db:
        tomorrow = now() + timedelta(days=1)
        await health.wake(db, office.company.id, office.connection_id, tomorrow, now())
    office.company.query("UPDATE psa_connections SET rests_until = now() + interval '5 min' RETURNING 1")
    await office.post()
    at_once = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'connection_id' = %s AND scheduled_at IS NULL"
    assert office.company.query(at_once, str(office.connection_id)) == [(1,)]
    async with office.database.write(office.company.id) as db:
        soon = now() + timedelta(minutes=5)
        await health.wake(db, office.company.id, office.connection_id, soon, now())
    await office.post()
    assert office.company.query(at_once, str(office.connection_id)) == [(1,)]
