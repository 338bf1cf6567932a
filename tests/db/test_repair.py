"""What rows ask for is in the queue again after `db reconcile`, whatever the queue has lost, and nothing twice."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.notifications.delivery.lanes import DELIVER_JOB
from flowpilot.notifications.delivery.planning import plan
from flowpilot.notifications.models import ChannelKind
from flowpilot.psa.postings.lanes import TURN_JOB
from flowpilot.repair import notify_of_missed, repair_jobs
from flowpilot.sessions.idle import IDLE_JOB
from flowpilot.settings import Settings
from tests.company import Company, owner_transaction
from tests.handoffs.helpers import claimed_by_kim, forget_jobs
from tests.notifications.desk import Desk
from tests.psa.connections.rows import add_connection

pytestmark = pytest.mark.anyio


def jobs_of(company: Company) -> list[tuple[Any, ...]]:
    """The account's jobs, each with when it is due."""
    return company.query(
        "SELECT task_name, args, scheduled_at, lock FROM procrastinate_jobs"
        " WHERE args->>'account_id' = %s AND status = 'todo' ORDER BY task_name, args::text",
        str(company.id),
    )


def lose(urls: DatabaseUrls, company: Company, *tasks: str) -> None:
    with owner_transaction(urls) as owner:
        gone = "DELETE FROM procrastinate_jobs WHERE args->>'account_id' = %s AND task_name = ANY(%s) RETURNING 1"
        assert owner.execute(gone, [str(company.id), list(tasks)]).fetchall()


def repair(company: Company) -> int:
    return repair_jobs(company.urls.runtime, company.id, now())


@pytest.fixture
def desk(database: Database, settings: Settings, company: Company) -> Desk:
    return Desk(company, database, settings)


def test_a_lease_ends_although_its_jobs_were_lost(
    client: TestClient, urls: DatabaseUrls, company: Company
) -> None:
    claimed_by_kim(client, company)
    before = jobs_of(company)
    assert repair(company) == 0
    lose(urls, company, REMIND_JOB, EXPIRE_JOB)
    assert [repair(company), repair(company)] == [2, 0]
    assert jobs_of(company) == before
    forget_jobs(urls, company)


def test_each_open_session_is_looked_at(client: TestClient, urls: DatabaseUrls, company: Company) -> None:
    claimed_by_kim(client, company)
    lose(urls, company, IDLE_JOB)
    assert [repair(company), repair(company)] == [1, 0]
    [(_, _, at, lock)] = [job for job in jobs_of(company) if job[0] == IDLE_JOB]
    assert (at <= now(), lock.startswith("idle ")) == (True, True)
    forget_jobs(urls, company)


async def test_a_message_is_sent_although_its_turn_was_lost(desk: Desk) -> None:
    await desk.channel(ChannelKind.WEBHOOK, "https://desk.example/")
    await desk.planned()
    assert repair_without_days(desk.company) == 0
    lose(desk.company.urls, desk.company, DELIVER_JOB)
    assert [repair_without_days(desk.company), repair_without_days(desk.company)] == [1, 0]
    forget_jobs(desk.company.urls, desk.company)


async def test_a_turn_that_comes_too_late_is_none(desk: Desk) -> None:
    await desk.channel(ChannelKind.WEBHOOK, "https://desk.example/")
    await desk.planned()
    with owner_transaction(desk.company.urls) as owner:
        late = (
            "UPDATE procrastinate_jobs SET lock = NULL, scheduled_at = now() + interval '1 day'"
            " WHERE task_name = %s AND args->>'account_id' = %s"
        )
        owner.execute(late, [DELIVER_JOB, str(desk.company.id)])
    assert [repair_without_days(desk.company), repair_without_days(desk.company)] == [1, 0]
    forget_jobs(desk.company.urls, desk.company)


def repair_without_days(company: Company) -> int:
    """What is repaired besides the sums of days, which rows that are put into the tables never had begun."""
    n = repair(company)
    with owner_transaction(company.urls) as owner:
        owner.execute("SELECT set_config('app.account_id', %s, true)", [str(company.id)])
        began = owner.execute(
            "DELETE FROM session_rolls WHERE account_id = %s RETURNING 1", [company.id]
        ).fetchall()
        owner.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name = 'sessions.roll' AND args->>'account_id' = %s",
            [str(company.id)],
        )
    return n - len(began)


async def test_people_are_notified_of_an_event_whose_job_was_lost(desk: Desk) -> None:
    await desk.person(Role.TEAM_ADMIN)
    event = await desk.escalates()
    missed = (desk.database, desk.company.id, now())
    assert await notify_of_missed(*missed, by_email=False) == 0, "its job is still in the queue"
    forget_jobs(desk.company.urls, desk.company)
    assert await notify_of_missed(*missed, by_email=False) == 1
    assert desk.notified()
    assert await notify_of_missed(*missed, by_email=False) == 0
    async with desk.database.write(desk.company.id) as db:
        assert await plan(db, desk.company.id, event, now(), by_email=False)


async def test_nobody_is_notified_of_what_is_days_old(desk: Desk) -> None:
    await desk.person(Role.TEAM_ADMIN)
    await desk.happens(desk.escalated(), HandoffEventKind.CREATED, Role.ENGINEER, at=now() - timedelta(days=2))
    forget_jobs(desk.company.urls, desk.company)
    assert await notify_of_missed(desk.database, desk.company.id, now(), by_email=False) == 0
    assert desk.notified() == []


def _posting(company: Company) -> None:
    connection = add_connection(company)
    session = company.add("ai_sessions", last_activity_at=None, status="resolved")
    about = {"ai_session_id": session, "ticket_id": "4711", "audience": "internal", "occasion": "resolved"}
    company.add("psa_postings", connection_id=connection, state="queued", due_at=now(), **about)


def _reading(company: Company) -> None:
    add_connection(company, members_due_at=now() + timedelta(hours=1))


def _check(company: Company) -> None:
    company.query("INSERT INTO flow_checks (account_id, due_at) VALUES (%s, now()) RETURNING 1", company.id)


def _undo(company: Company) -> None:
    company.add("import_runs", digest="0", file_name="log.csv", mapping="log", counts={}, undoing_since=now())


def _upload(company: Company) -> None:
    company.add("import_uploads", name="log.csv", byte_count=1)


def _import(company: Company) -> None:
    company.add("import_uploads", name="log.csv", byte_count=1, state="loading", mapping={})


def _file(company: Company) -> None:
    about = {"media_type": "text/plain", "byte_count": 1, "sha256": "0" * 64}
    company.add("attachments", name="a.txt", created_by=uuid.uuid4(), **about)


def _fix(company: Company) -> None:
    due = {"look_again_at": now() + timedelta(hours=1), "fix_applied_at": now(), "waiting_for": "a day"}
    company.add("ai_sessions", status="paused", last_activity_at=None, **due)


@pytest.mark.parametrize(
    ("ask", "tasks"),
    [
        (_posting, [TURN_JOB]),
        (_reading, ["psa.read_members"]),
        (_check, ["freshness.check"]),
        (_undo, ["imports.undo"]),
        (_upload, ["imports.expire"]),
        (_import, ["imports.expire", "imports.load"]),
        (_file, ["attachments.expire"]),
        (_fix, ["sessions.look_again"]),
    ],
)
def test_what_rows_ask_for_is_in_the_queue_once(company: Company, ask: Any, tasks: list[str]) -> None:
    ask(company)
    repair(company)
    assert [job[0] for job in jobs_of(company) if job[0] != "sessions.roll"] == tasks
    assert repair(company) == 0
    forget_jobs(company.urls, company)
