"""Members are read once a day, so that somebody new is matched without a check by hand."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.psa.members.schedule import READ_JOB
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect

pytestmark = pytest.mark.anyio

DayPasses = Callable[[], Awaitable[None]]


@pytest.fixture
def a_day_passes(company: Company, open_settings: Settings, urls: DatabaseUrls, database: Database) -> DayPasses:
    async def passes() -> None:
        for change in (
            "psa_connections SET members_due_at = now() - interval '1 minute' WHERE account_id = %s",
            "procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND args->>'account_id' = %s::text",
        ):
            company.query(f"UPDATE {change} RETURNING 1", company.id)
        await work(open_settings, urls.runtime, database, until_idle=True)

    return passes


def _due_in(company: Company) -> timedelta:
    ((due,),) = company.query("SELECT members_due_at FROM psa_connections")
    left: timedelta = due - now()
    return left


def _waiting(company: Company) -> int:
    of_account = "status = 'todo' AND args->>'account_id' = %s AND task_name = %s"
    query = f"SELECT count(*) FROM procrastinate_jobs WHERE {of_account}"
    return int(company.query(query, str(company.id), READ_JOB)[0][0])


async def test_somebody_new_is_matched_the_day_after(
    company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    connect()
    assert desk.asked == []
    for number in range(2):
        alex, email = company.add_newcomer(Role.ENGINEER)
        desk.shows["members"].append({"id": str(number), "name": "Alex", "email": email})
        await a_day_passes()
        query = "SELECT user_id FROM psa_members WHERE external_id = %s"
        assert company.query(query, str(number)) == [(alex,)]
        assert _due_in(company) > timedelta(hours=23)
        assert _waiting(company) == 1


async def test_a_paused_connection_is_asked_nothing(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    open_client.post(f"{path}/pause", headers=company.headers())
    await a_day_passes()
    assert desk.asked == []
    assert _due_in(company) > timedelta(hours=23)
    open_client.post(f"{path}/resume", headers=company.headers())
    await a_day_passes()
    assert desk.asked == ["/members"]


async def test_what_cannot_be_read_is_read_an_hour_later(
    company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    connect()
    desk.shows["members"] = "Planned maintenance"
    await a_day_passes()
    assert timedelta(minutes=50) < _due_in(company) < timedelta(minutes=61)


async def test_refused_credentials_pause_it(
    company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    connect()
    desk.token = "another"
    await a_day_passes()
    assert company.query("SELECT pause_kind FROM psa_connections") == [("credentials",)]


async def test_a_check_by_hand_counts_for_the_day(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    open_client.post(f"{path}/check", headers=company.headers())
    assert _waiting(company) == 2
    await a_day_passes()
    assert _due_in(company) > timedelta(hours=23)
    assert desk.asked.count("/members") == 2, "one by the check, one by the day's jobs together"
    assert _waiting(company) == 1


async def test_a_removed_connection_is_read_no_more(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, a_day_passes: DayPasses
) -> None:
    open_client.delete(f"{CONNECTIONS}/{connect()['id']}", headers=company.headers())
    await a_day_passes()
    assert (desk.asked, _waiting(company)) == ([], 0)
