"""A posting that failed is one notice to the person whose it is, until it is tried again or given up."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(client: TestClient, company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


def _notices(client: TestClient, company: Company, role: Role) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/notifications", headers=company.headers(role))
    return [one for one in answer.json()["items"] if one["kind"] == "posting_failed"]


async def _fail(office: Office, **values: Any) -> UUID:
    office.desk.planned.append("refuse")
    posting = await office.post(worked(office.engineer), **values)
    await office.turn()
    return posting


async def test_the_person_whose_it_is_reads_why_and_where(client: TestClient, office: Office) -> None:
    posting = await _fail(office)
    (notice,) = _notices(client, office.company, Role.ENGINEER)
    assert notice["path"] == f"/postings/{posting}"
    assert notice["text"].startswith("A posting to ticket 4711 failed on ")
    assert "The period is closed. Open it to try again, or to give it up." in notice["text"]
    assert _notices(client, office.company, Role.TEAM_ADMIN) == []


async def test_the_notice_is_settled_when_it_is_tried_again(client: TestClient, office: Office) -> None:
    await office.retry(await _fail(office))
    assert [one["settled"] for one in _notices(client, office.company, Role.ENGINEER)] == ["The problem is over."]


async def test_a_missing_choice_in_settings_is_also_for_those_who_can_make_it_and_said_once(
    client: TestClient, office: Office
) -> None:
    for _ in range(2):
        await office.post(sets_status=True)
        await office.turn()
    numbers = [len(_notices(client, office.company, role)) for role in (Role.ENGINEER, Role.TEAM_ADMIN)]
    assert numbers == [2, 1]


async def test_a_posting_of_somebody_who_has_left_is_for_those_who_manage_it(
    client: TestClient, office: Office
) -> None:
    office.company.query("DELETE FROM memberships WHERE user_id = %s RETURNING 1", office.engineer)
    await _fail(office)
    assert len(_notices(client, office.company, Role.TEAM_ADMIN)) == 1
