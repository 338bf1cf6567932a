"""Leases: a claim whose holder does nothing goes back to the queue, after a reminder. Colleagues do not count."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import claims, jobs
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.handoffs.queries import read_handoff
from flowpilot.identity.actor import Role
from flowpilot.jobs import NotThereError
from flowpilot.settings import Settings
from flowpilot.wiring import wire_features
from flowpilot.worker import work
from tests.company import Company, owner_transaction
from tests.handoffs.helpers import (
    act,
    actor,
    check_laws,
    claimed_by_kim,
    done,
    escalated,
    forget_jobs,
    jobs_of,
    read,
    read_as,
    worker_context,
)

pytestmark = pytest.mark.anyio

Run = Callable[[str], Awaitable[None]]


@pytest.fixture
async def run_due(
    settings: Settings, urls: DatabaseUrls, database: Database, company: Company
) -> AsyncIterator[Run]:
    """Make the account's jobs of a kind due, and run them with a worker."""

    async def run(task: str) -> None:
        come = (
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = %s AND args->>'account_id' = %s"
        )
        with owner_transaction(urls) as connection:
            connection.execute(come.encode(), [task, str(company.id)])
        await work(settings, urls.runtime, database, until_idle=True)

    yield run
    forget_jobs(urls, company)


def _kinds(client: TestClient, company: Company, handoff: dict[str, Any]) -> list[str]:
    return [event["kind"] for event in read(client, company, handoff)["events"]]


def _lease(client: TestClient, company: Company, minutes: int | None) -> None:
    done(client.patch("/api/v1/account", headers=company.headers(), json={"lease_minutes": minutes}))


def _due(company: Company) -> dict[str, datetime]:
    query = "SELECT task_name, scheduled_at FROM procrastinate_jobs WHERE args->>'account_id' = %s"
    found = {task: at for task, at in company.query(query, str(company.id)) if task in {REMIND_JOB, EXPIRE_JOB}}
    assert len(found) in {0, 2}
    return found


@pytest.mark.parametrize(
    ("lease", "reminder"),
    [
        (timedelta(minutes=30), timedelta(minutes=25)),
        (timedelta(minutes=120), timedelta(minutes=115)),
        (timedelta(minutes=10), timedelta(minutes=8)),
        (timedelta(minutes=1), timedelta(seconds=48)),
    ],
)
def test_a_claim_is_valid_for_as_long_as_the_account_says(
    client: TestClient, company: Company, lease: timedelta, reminder: timedelta
) -> None:
    """30 minutes unless it says otherwise. The reminder comes 5 minutes before, or a fifth of a short lease."""
    if lease != timedelta(minutes=30):
        _lease(client, company, int(lease / timedelta(minutes=1)))
    handoff, _ = claimed_by_kim(client, company)
    claimed_at = datetime.fromisoformat(handoff["claimed_at"])
    assert datetime.fromisoformat(handoff["lease_expires_at"]) == claimed_at + lease
    assert _due(company) == {REMIND_JOB: claimed_at + reminder, EXPIRE_JOB: claimed_at + lease}


def test_without_leases_nothing_is_due(client: TestClient, company: Company) -> None:
    _lease(client, company, None)
    handoff, _ = claimed_by_kim(client, company)
    assert (handoff["lease_expires_at"], _due(company)) == (None, {})


def test_a_claim_keeps_the_lease_it_began_with(client: TestClient, company: Company) -> None:
    handoff, _ = claimed_by_kim(client, company)
    _lease(client, company, 5)
    assert read(client, company, handoff)["lease_expires_at"] == handoff["lease_expires_at"]


async def test_the_holder_is_reminded(client: TestClient, company: Company, run_due: Run) -> None:
    handoff, senior = claimed_by_kim(client, company)
    await run_due(REMIND_JOB)
    reminded = read(client, company, handoff)
    assert reminded["claimed_by"]["name"] == "Kim"
    event = reminded["events"][-1]
    assert (event["kind"], event["actor_id"]) == ("reminded", None)
    ends = datetime.fromisoformat(event["content"]["ends"])
    assert event["content"]["holder"] == str(senior.id)
    assert ends == datetime.fromisoformat(handoff["lease_expires_at"])
    [(at,)] = company.query("SELECT reminded_at FROM session_handoffs")
    assert at == datetime.fromisoformat(event["created_at"])


async def test_a_claim_without_an_action_goes_back(client: TestClient, company: Company, run_due: Run) -> None:
    handoff, senior = claimed_by_kim(client, company)
    await run_due(EXPIRE_JOB)
    back = read(client, company, handoff)
    cleared = ("claimed_by", "claimed_at", "lease_expires_at", "first_action_at", "closed_at")
    assert [back[field] for field in cleared] == [None] * 5
    event = back["events"][-1]
    assert (event["kind"], event["actor_id"], event["content"]) == ("expired", None, {"holder": str(senior.id)})
    owner = company.users[Role.ENGINEER]
    assert company.query("SELECT status, owner_id FROM ai_sessions") == [("requesting_escalation", owner)]
    query = "SELECT actor_id, reason FROM ai_session_status_changes ORDER BY created_at DESC LIMIT 1"
    assert company.query(query) == [(None, "Its holder did not act on it in time.")]
    check_laws(company)


async def test_it_can_be_claimed_again(client: TestClient, company: Company, run_due: Run) -> None:
    handoff, senior = claimed_by_kim(client, company)
    await run_due(EXPIRE_JOB)
    again = done(act(client, handoff, "claim", senior.headers))
    assert again["lease_expires_at"] > handoff["lease_expires_at"]
    assert len(jobs_of(company, EXPIRE_JOB)) == 1
    check_laws(company)


def _act_in(client: TestClient, handoff: dict[str, Any], who: dict[str, str]) -> None:
    path = f"/api/v1/ai-sessions/{handoff['session_id']}/steps"
    assert client.post(path, headers=who, json={"free_text": "I look at it."}).status_code == 201


async def test_after_its_holders_action_nothing_expires(
    client: TestClient, company: Company, run_due: Run
) -> None:
    handoff, senior = claimed_by_kim(client, company)
    _act_in(client, handoff, senior.headers)
    await run_due(REMIND_JOB)
    await run_due(EXPIRE_JOB)
    after = read(client, company, handoff)
    assert (after["claimed_by"]["name"], after["lease_expires_at"]) == ("Kim", None)
    assert [event["kind"] for event in after["events"]] == ["created", "claimed", "first_action"]


async def test_a_colleagues_step_does_not_end_the_lease(
    client: TestClient, company: Company, run_due: Run
) -> None:
    """A senior who did nothing is reminded, and loses the claim; it is as if it had never been claimed."""
    handoff, _ = claimed_by_kim(client, company)
    _act_in(client, handoff, company.headers(Role.ENGINEER))
    assert read(client, company, handoff)["lease_expires_at"] == handoff["lease_expires_at"]
    await run_due(REMIND_JOB)
    await run_due(EXPIRE_JOB)
    after = read(client, company, handoff)
    assert [after[name] for name in ("claimed_by", "first_action_at", "claimant_action_at")] == [None] * 3
    kinds = [event["kind"] for event in after["events"]]
    assert kinds == ["created", "claimed", "first_action", "reminded", "expired"]
    check_laws(company)


@pytest.mark.parametrize("outcome", ["parked", "returned", "resolved", "abandoned"])
async def test_after_the_end_nothing_expires(
    client: TestClient, company: Company, run_due: Run, outcome: str
) -> None:
    handoff, senior = claimed_by_kim(client, company)
    closed = done(act(client, handoff, "close", senior.headers, outcome=outcome, note="It was the fuse."))
    await run_due(REMIND_JOB)
    await run_due(EXPIRE_JOB)
    assert read_as(client, handoff, senior.headers) == closed


async def test_the_jobs_of_an_old_claim_leave_a_newer_one_alone(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    handoff, kim = claimed_by_kim(client, company)
    [expiry], [reminder] = jobs_of(company, EXPIRE_JOB), jobs_of(company, REMIND_JOB)
    done(act(client, handoff, "release", kim.headers, reason="No time."))
    again = done(act(client, handoff, "claim", kim.headers))
    context = worker_context(database, settings)
    await jobs.remind(context, **reminder)
    await jobs.expire(context, **expiry)
    assert read_as(client, handoff, kim.headers) == again


async def test_jobs_that_are_run_again_do_nothing_more(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    handoff, _ = claimed_by_kim(client, company)
    [expiry], [reminder] = jobs_of(company, EXPIRE_JOB), jobs_of(company, REMIND_JOB)
    context = worker_context(database, settings)
    await asyncio.gather(*(jobs.remind(context, **reminder) for _ in range(5)))
    assert _kinds(client, company, handoff) == ["created", "claimed", "reminded"]
    await asyncio.gather(*(jobs.expire(context, **expiry) for _ in range(5)))
    await jobs.remind(context, **reminder)
    assert _kinds(client, company, handoff) == ["created", "claimed", "reminded", "expired"]
    check_laws(company)


async def test_a_later_claim_has_its_own_reminder(client: TestClient, company: Company, run_due: Run) -> None:
    handoff, kim = claimed_by_kim(client, company)
    await run_due(REMIND_JOB)
    done(act(client, handoff, "release", kim.headers, reason="No time."))
    done(act(client, handoff, "claim", kim.headers))
    await run_due(REMIND_JOB)
    assert _kinds(client, company, handoff).count("reminded") == 2


async def test_a_handoff_that_is_gone_has_no_lease(
    company: Company, database: Database, settings: Settings
) -> None:
    claim = {"account_id": str(company.id), "handoff_id": str(uuid.uuid4()), "claimed_at": now().isoformat()}
    with pytest.raises(NotThereError):  # It may still come.
        await jobs.remind(worker_context(database, settings), **claim)
    await jobs.remind(worker_context(database, settings, attempts=99), **claim)
    await jobs.expire(worker_context(database, settings, attempts=99), **claim)
    assert company.query("SELECT count(*) FROM handoff_events") == [(0,)]


async def test_a_reminder_comes_after_its_claim_even_from_a_slow_clock(
    company: Company, database: Database, settings: Settings
) -> None:
    """The server that claimed is an hour ahead of the one that reminds: the order is the order of the commits."""
    wire_features()
    ahead = now() + timedelta(hours=1)
    async with database.write(company.id) as db:
        handoff = await escalated(db, actor(company), ahead)
    async with database.write(company.id) as db:
        await claims.claim(db, actor(company, Role.TEAM_ADMIN), handoff.id, ahead)
    [reminder] = jobs_of(company, REMIND_JOB)
    await jobs.remind(worker_context(database, settings), **reminder)
    async with database.read(company.id) as db:
        kinds = [event.kind for event in (await read_handoff(db, company.id, handoff.id)).events]
    assert kinds == ["created", "claimed", "reminded"]
