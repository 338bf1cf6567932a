"""Sessions that nobody continues, by the account's idle limit; run by a real worker."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.jobs import NotThereError, enqueue
from flowpilot.sessions.idle import IDLE_JOB
from flowpilot.sessions.jobs import abandon_idle
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import worker_context
from tests.sessions.flows import post, publish_printer_flow, read, start, take
from tests.sessions.queue import waiting, work_off

pytestmark = pytest.mark.anyio

LIMIT = timedelta(minutes=90)
DAY = timedelta(days=1)
SOON = timedelta(minutes=1)


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session in an account whose sessions may be idle for `LIMIT`."""
    _limit(client, company, 90)
    session_id: str = start(client, company)["id"]
    return session_id


def _limit(client: TestClient, company: Company, minutes: int | None) -> None:
    change = {"idle_minutes": minutes}
    client.patch("/api/v1/account", headers=company.headers(), json=change).raise_for_status()


def _last_happened(company: Company, session_id: str, ago: timedelta) -> None:
    """Move everything in a session further into the past."""
    statement = "UPDATE ai_sessions SET last_activity_at = %s WHERE id = %s RETURNING id"
    assert len(company.query(statement, now() - ago, session_id)) == 1


def _looks_at(company: Company, session_id: str) -> list[datetime]:
    """When the session will be checked."""
    jobs = waiting(company, IDLE_JOB)
    ours = {"account_id": str(company.id), "session_id": session_id}
    assert all(arguments == ours for arguments, _ in jobs)
    return [moment for _, moment in jobs if moment is not None]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_beginning_is_looked_at_once_its_limit_is_over(company: Company, client: TestClient) -> None:
    _limit(client, company, 90)
    session = start(client, company)
    assert _looks_at(company, session["id"]) == [_moment(session["created_at"]) + LIMIT]


async def test_a_session_is_checked_by_one_job_however_often_it_is_taken_up_again(
    client: TestClient, company: Company, session_id: str
) -> None:
    for ending, again in (("resolve", "reopen"), ("abandon", "resume"), ("resolve", "reopen")):
        said: dict[str, Any] = {"summary": "The fuse."} if ending == "resolve" else {"reason": "Enough."}
        why: dict[str, Any] = {"reason": "Not solved."} if again == "reopen" else {}
        post(client, company, f"{session_id}/{ending}", **said)
        post(client, company, f"{session_id}/{again}", **why)
    assert read(client, company, session_id)["status"] == "active"
    assert len(_looks_at(company, session_id)) == 1


async def test_a_session_that_is_gone_is_not_checked(
    company: Company, database: Database, settings: Settings
) -> None:
    gone = str(company.id), str(new_id())
    with pytest.raises(NotThereError):  # It may still come.
        await abandon_idle(worker_context(database, settings), *gone)
    await abandon_idle(worker_context(database, settings, attempts=99), *gone)


async def test_an_idle_session_is_abandoned_by_nobody_and_for_a_reason(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    session = read(client, company, session_id)
    assert (session["status"], session["resolved_at"]) == ("abandoned", None)
    change = session["status_changes"][-1]
    assert abs(now() - _moment(change.pop("created_at"))) < SOON
    assert change == {
        "from_status": "active",
        "to_status": "abandoned",
        "actor_id": None,
        "reason": "Nothing happened for 1 hour 30 minutes.",
    }
    assert _looks_at(company, session_id) == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (5, "5 minutes"),
        (4320, "3 days"),
    ],
)
async def test_the_reason_says_the_limit_in_words(
    client: TestClient, company: Company, database: Database, settings: Settings, minutes: int, words: str
) -> None:
    _limit(client, company, minutes)
    session_id = start(client, company)["id"]
    _last_happened(company, session_id, timedelta(minutes=minutes))
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status_changes"][-1]["reason"] == f"Nothing happened for {words}."


async def test_it_is_not_abandoned_before_the_limit_and_looked_at_again_then(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    _last_happened(company, session_id, LIMIT - SOON)
    await work_off(company, settings, database)
    session = read(client, company, session_id)
    assert session["status"] == "active"
    assert _looks_at(company, session_id) == [_moment(session["last_activity_at"]) + LIMIT]


async def test_whatever_happens_meanwhile_postpones_it(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    _last_happened(company, session_id, LIMIT * 2)
    step = take(client, company, session_id, free_text="The user called back.")["steps"][-1]
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == "active"
    assert _looks_at(company, session_id) == [_moment(step["created_at"]) + LIMIT]


async def test_a_paused_session_is_abandoned_too(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    post(client, company, f"{session_id}/pause", reason="Waits for the user.")
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    changes = read(client, company, session_id)["status_changes"]
    assert [change["to_status"] for change in changes] == ["active", "paused", "abandoned"]


@pytest.mark.parametrize("claimed", [False, True])
async def test_a_session_waiting_for_or_with_a_senior_is_left_alone(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings, claimed: bool
) -> None:
    handoff_id = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()["id"]
    if claimed:
        headers = company.headers(Role.TEAM_ADMIN)
        client.post(f"/api/v1/handoffs/{handoff_id}/claim", headers=headers).raise_for_status()
        take(client, company, session_id, Role.TEAM_ADMIN, free_text="On it.")
    before = read(client, company, session_id)["status"]
    _last_happened(company, session_id, LIMIT * 100)
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == before
    [look] = _looks_at(company, session_id)
    assert abs(now() + DAY - look) < SOON


async def test_a_session_back_from_a_senior_may_be_idle_again(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    handoff_id = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()["id"]
    body = {"outcome": "returned", "note": "Ask the user first."}
    client.post(f"/api/v1/handoffs/{handoff_id}/close", headers=company.headers(), json=body).raise_for_status()
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == "abandoned"


async def test_without_a_limit_nothing_is_ever_abandoned(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    _limit(client, company, None)
    session_id = start(client, company)["id"]
    _last_happened(company, session_id, DAY * 1000)
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == "active"
    [look] = _looks_at(company, session_id)
    assert abs(now() + DAY - look) < SOON


async def test_a_limit_that_is_set_later_holds_from_the_next_look_on(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    _limit(client, company, None)
    session_id = start(client, company)["id"]
    _last_happened(company, session_id, DAY)
    _limit(client, company, 60)
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == "abandoned"


@pytest.mark.parametrize("end", [("resolve", {"summary": "Solved."}), ("abandon", {"reason": "Hung up."})])
async def test_an_ended_session_is_not_checked_again(
    client: TestClient,
    company: Company,
    session_id: str,
    database: Database,
    settings: Settings,
    end: tuple[str, dict[str, Any]],
) -> None:
    action, body = end
    post(client, company, f"{session_id}/{action}", **body)
    _last_happened(company, session_id, LIMIT * 2)
    before = read(client, company, session_id)
    await work_off(company, settings, database)
    assert read(client, company, session_id) == before
    assert _looks_at(company, session_id) == []


async def test_a_resumed_session_is_watched_again(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    resumed = post(client, company, f"{session_id}/resume").json()
    assert _looks_at(company, session_id) == [_moment(resumed["last_activity_at"]) + LIMIT]
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    changes = read(client, company, session_id)["status_changes"]
    assert [change["to_status"] for change in changes] == ["active", "abandoned", "active", "abandoned"]


async def test_an_imported_session_is_left_alone(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    session_id = str(company.add("ai_sessions", status="active", created_at=now() - DAY * 1000, step_count=0))
    assert _looks_at(company, session_id) == []
    async with database.write(company.id) as db:
        enqueue(db, IDLE_JOB, account_id=company.id, session_id=session_id)
    await work_off(company, settings, database)
    assert read(client, company, session_id)["status"] == "active"


async def test_running_it_twice_abandons_once(
    client: TestClient, company: Company, session_id: str, database: Database, settings: Settings
) -> None:
    async with database.write(company.id) as db:
        for _ in range(5):
            enqueue(db, IDLE_JOB, account_id=company.id, session_id=session_id)
    _last_happened(company, session_id, LIMIT)
    await work_off(company, settings, database)
    changes = read(client, company, session_id)["status_changes"]
    assert [change["to_status"] for change in changes] == ["active", "abandoned"]


async def test_a_beginning_that_is_rolled_back_is_not_watched(client: TestClient, company: Company) -> None:
    flow_id = str(publish_printer_flow(client, company))
    client.post(f"/api/v1/flows/{flow_id}/retire", headers=company.headers()).raise_for_status()
    body = {"problem_summary": "The printer prints nothing", "flow_id": flow_id}
    assert client.post("/api/v1/ai-sessions", headers=company.headers(), json=body).status_code == 404
    assert waiting(company, IDLE_JOB) == []
