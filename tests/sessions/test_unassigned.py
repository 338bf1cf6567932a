"""Sessions that nobody works on: everybody sees them, and one person takes each."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions.jobs import abandon_idle
from flowpilot.settings import Settings
from tests.company import Company, add_colleague
from tests.handoffs.helpers import join, worker_context
from tests.sessions.flows import SESSIONS


def _unassigned(company: Company, status: str = "paused", **values: Any) -> str:
    """A session that the engineer began and nobody works on now."""
    values = {"user_id": company.users[Role.ENGINEER], "last_activity_at": now(), **values}
    return str(company.add("ai_sessions", status=status, **values))


def _take(client: TestClient, session_id: str, who: dict[str, str]) -> Any:
    return client.post(f"{SESSIONS}/{session_id}/take", headers=who)


def _read(client: TestClient, session_id: str, who: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"{SESSIONS}/{session_id}", headers=who).json()
    return body


def _ids(client: TestClient, company: Company, role: Role, **params: Any) -> list[str]:
    page = client.get(SESSIONS, params=params, headers=company.headers(role)).json()
    return [item["id"] for item in page["items"]]


def test_they_are_listed_for_everybody(client: TestClient, company: Company) -> None:
    """Except for those in the queue, ended ones, and imported ones, on which nobody here ever worked."""
    active, paused = _unassigned(company, "active"), _unassigned(company)
    for status in ("requesting_escalation", "escalated", "resolved", "abandoned"):
        _unassigned(company, status)
    _unassigned(company, owner_id=company.users[Role.ENGINEER])
    _unassigned(company, last_activity_at=None)
    assert sorted(_ids(client, company, Role.VIEWER, unassigned=True)) == sorted([active, paused])


def test_they_no_longer_belong_to_the_person_who_started_them(client: TestClient, company: Company) -> None:
    session_id = _unassigned(company)
    assert _ids(client, company, Role.ENGINEER, mine=True) == []
    assert _read(client, session_id, company.headers(Role.VIEWER))["owner"] is None


@pytest.mark.parametrize("status", ["active", "paused"])
def test_taking_one_makes_it_theirs_at_once(client: TestClient, company: Company, status: str) -> None:
    session_id, kim = _unassigned(company, status), join(client, company, "Kim")
    assert "take" in _read(client, session_id, kim.headers)["allowed"]
    taken = _take(client, session_id, kim.headers).json()
    assert (taken["owner"], taken["status"]) == ({"id": str(kim.id), "name": "Kim"}, "active")
    assert "take" not in taken["allowed"]
    changes = company.query("SELECT from_status, to_status, actor_id FROM ai_session_status_changes")
    assert changes == ([("paused", "active", kim.id)] if status == "paused" else [])
    step = client.post(f"{SESSIONS}/{session_id}/steps", headers=kim.headers, json={"free_text": "I called back."})
    assert step.status_code == 201


def test_its_new_owner_may_ask_again(client: TestClient, company: Company) -> None:
    session_id, kim = _unassigned(company), join(client, company, "Kim")
    assert [_take(client, session_id, kim.headers).status_code for _ in range(2)] == [200, 200]
    assert company.query("SELECT count(*) FROM ai_session_status_changes") == [(1,)]


def test_many_try_to_take_it_and_the_others_learn_who_has_it(client: TestClient, company: Company) -> None:
    session_id = _unassigned(company)
    people = [join(client, company, f"Senior {number}") for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda person: _take(client, session_id, person.headers), people))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    [name] = [answer.json()["owner"]["name"] for answer in answers if answer.status_code == 200]
    late = [answer.json() for answer in answers if answer.status_code == 409]
    assert {body["type"] for body in late} == {"urn:flowpilot:problem:session-taken"}
    assert {body["detail"] for body in late} == {f"{name} works on this session now."}


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("requesting_escalation", "It is in the queue: claim its handoff."),
        ("escalated", "It is in the queue: claim its handoff."),
        ("resolved", "It has ended."),
        ("abandoned", "It has ended."),
    ],
)
def test_a_session_that_cannot_be_taken_says_what_to_do(
    client: TestClient, company: Company, status: str, what_to_do: str
) -> None:
    answer = _take(client, _unassigned(company, status), company.headers(Role.TEAM_ADMIN))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:not-unassigned")
    assert answer.json()["detail"] == f"This session cannot be taken. {what_to_do}"


def test_who_may_take_one(client: TestClient, company: Company, neighbour: Company) -> None:
    session_id = _unassigned(company)
    assert "take" not in _read(client, session_id, company.headers(Role.VIEWER))["allowed"]
    assert _take(client, session_id, company.headers(Role.VIEWER)).status_code == 403
    assert _take(client, session_id, neighbour.headers()).status_code == 404


@pytest.mark.anyio
async def test_the_idle_limit_leaves_them_to_be_taken(
    company: Company, database: Database, settings: Settings
) -> None:
    session_id = _unassigned(company, last_activity_at=now() - timedelta(days=30))
    await abandon_idle(worker_context(database, settings), str(company.id), session_id)
    assert company.query("SELECT status FROM ai_sessions") == [("paused",)]


@pytest.mark.anyio
async def test_a_former_members_abandoned_session_belongs_to_the_person_who_resumes_it(
    client: TestClient, company: Company, database: Database
) -> None:
    async with database.write(company.id) as db:
        kim = await add_colleague(db, company.id, "Kim")
    mine, theirs = (_unassigned(company, "abandoned", owner_id=owner) for owner in (kim, uuid.uuid4()))
    for session_id in (mine, theirs):
        client.post(f"{SESSIONS}/{session_id}/resume", headers=company.headers(Role.TEAM_ADMIN)).raise_for_status()
    owners = dict(company.query("SELECT id::text, owner_id FROM ai_sessions"))
    assert owners == {mine: kim, theirs: company.users[Role.TEAM_ADMIN]}
