"""The daily check: which flows lose trust, who is notified, and that it goes on day after day."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.freshness.checking import check_flows
from flowpilot.freshness.schedule import CHECK_JOB
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company
from tests.flows.samples import get, post, publish
from tests.freshness.history import History

# The application joins the features.
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("client")]


async def _check(database: Database, company: Company) -> int:
    async with database.write(company.id) as db:
        return await check_flows(db, company.id, now())


def _expire(company: Company, flow_id: str) -> None:
    past = "verified_until = current_date - 1"
    company.query(f"UPDATE trees SET {past} WHERE id = %s RETURNING 1", flow_id)


def _notices(company: Company, role: Role) -> list[bool]:
    """Of each notice that the member got, whether it still applies."""
    query = "SELECT settled_at IS NULL FROM notifications WHERE user_id = %s ORDER BY id"
    return [applies for (applies,) in company.query(query, company.users[role])]


async def test_a_flow_loses_trust_once(company: Company, database: Database) -> None:
    history = History(company, owner_id=company.users[Role.ENGINEER])
    history.before(30, solved=27)
    history.after(30, solved=12)
    assert (await _check(database, company), await _check(database, company)) == (1, 0)
    [(doubts,)] = company.query("SELECT doubts FROM trees")
    assert [doubt["kind"] for doubt in doubts] == ["success_down"]
    assert _notices(company, Role.ENGINEER) == [True]
    assert _notices(company, Role.TEAM_ADMIN) == []


async def test_a_flow_that_nobody_confirms_in_time_asks_its_owner(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish(client, company)
    assert await _check(database, company) == 0
    _expire(company, flow_id)
    assert await _check(database, company) == 1
    flow = get(client, company, f"/{flow_id}")
    assert [doubt["kind"] for doubt in flow["doubts"]] == ["expired"]
    answer = client.get("/api/v1/notifications", headers=company.headers(Role.TEAM_ADMIN)).json()
    [notice] = answer["items"]
    assert (notice["kind"], notice["path"]) == ("flow_doubted", f"/flows/{flow_id}")
    assert notice["text"] == (
        "“Printer is offline” asks whether it is still right. The reason: nobody has confirmed it in time. "
        "Open it to confirm or to edit it."
    )


async def test_an_account_that_asks_for_no_confirmation_gets_none(
    client: TestClient, company: Company, database: Database
) -> None:
    _expire(company, publish(client, company))
    company.query("UPDATE accounts SET verified_days = NULL RETURNING 1")
    assert await _check(database, company) == 0


async def test_of_many_flows_the_owner_is_notified_once(
    client: TestClient, company: Company, database: Database
) -> None:
    for name in ("One", "Two"):
        _expire(company, publish(client, company, name=name))
    assert await _check(database, company) == 2
    assert _notices(company, Role.TEAM_ADMIN) == [True]


async def test_without_an_owner_those_who_manage_flows_are_notified(company: Company, database: Database) -> None:
    history = History(company)
    _expire(company, str(history.flow_id))
    await _check(database, company)
    assert {role: _notices(company, role) for role in Role} == {
        Role.VIEWER: [],
        Role.ENGINEER: [],
        Role.TEAM_ADMIN: [True],
        Role.OWNER: [True],
    }


@pytest.mark.parametrize("end", ["confirm", "retire"])
async def test_the_notice_is_over_once_the_flow_is_confirmed_or_retired(
    client: TestClient, company: Company, database: Database, end: str
) -> None:
    flow_id = publish(client, company)
    _expire(company, flow_id)
    await _check(database, company)
    assert post(client, company, f"/{flow_id}/{end}").status_code == 200
    assert _notices(company, Role.TEAM_ADMIN) == [False]


async def test_the_flows_are_examined_every_day(
    client: TestClient, company: Company, database: Database, settings: Settings, urls: DatabaseUrls
) -> None:
    flow_id = publish(client, company)
    publish(client, company, name="Another")
    assert _waiting(company) == 1
    _expire(company, flow_id)
    for _ in range(2):
        await _a_day_passes(company, lambda: work(settings, urls.runtime, database, until_idle=True))
        assert _waiting(company) == 1
    assert get(client, company, f"/{flow_id}")["doubted_since"] is not None


async def _a_day_passes(company: Company, run_jobs: Callable[[], Awaitable[None]]) -> None:
    [(due,)] = company.query("SELECT due_at FROM flow_checks")
    assert timedelta(hours=23) < due - now() < timedelta(hours=25)
    of_account = "status = 'todo' AND args->>'account_id' = %s"
    company.query(
        f"UPDATE procrastinate_jobs SET scheduled_at = now() WHERE {of_account} RETURNING 1", str(company.id)
    )
    await run_jobs()


def _waiting(company: Company) -> int:
    of_account = "status = 'todo' AND args->>'account_id' = %s AND task_name = %s"
    query = f"SELECT count(*) FROM procrastinate_jobs WHERE {of_account}"
    return int(company.query(query, str(company.id), CHECK_JOB)[0][0])


async def test_a_program_reads_the_present_evidence(client: TestClient, company: Company) -> None:
    history = History(company)
    history.before(30, solved=27)
    path = f"/{history.flow_id}/evidence"
    found = get(client, company, path, Role.TEAM_ADMIN)
    assert (found["success"]["before"]["n"], found["success"]["after"]) == (30, None)
    assert (found["success"]["verdict"], found["window_days"], found["follow_up_days"]) == ("too_early", 60, 7)
    headers = company.headers(Role.ENGINEER)
    assert client.get(f"/api/v1/flows{path}", headers=headers).status_code == 403
