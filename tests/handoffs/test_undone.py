"""What happened in a savepoint that was undone has not happened: no event tells it, and nobody is notified."""

import uuid

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.handoffs.events import NOTIFY_JOB, record, write_recorded
from flowpilot.handoffs.models import HandoffEventKind
from tests.company import Company, run
from tests.handoffs.helpers import hand_over, jobs_of


def test_events_are_dropped_with_their_savepoint(client: TestClient, urls: DatabaseUrls, company: Company) -> None:
    handoff_id = uuid.UUID(hand_over(client, company)["id"])

    def happens(db: Db, kind: HandoffEventKind) -> None:
        record(db, company.id, handoff_id, kind, by=None, at=now())

    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            happens(db, HandoffEventKind.REMINDED)
            undone = await db.begin_nested()
            happens(db, HandoffEventKind.RELEASED)
            async with db.begin_nested():
                happens(db, HandoffEventKind.CLAIMED)
            await undone.rollback()
            undone = await db.begin_nested()
            await write_recorded(db)  # As for an answer that tells them.
            await undone.rollback()
            async with db.begin_nested():
                happens(db, HandoffEventKind.EXPIRED)

    run(urls, work)
    rows = company.query("SELECT id, kind FROM handoff_events ORDER BY number")
    assert [kind for _, kind in rows] == ["created", "reminded", "expired"]
    assert {job["event_id"] for job in jobs_of(company, NOTIFY_JOB)} == {str(event_id) for event_id, _ in rows}


def test_what_was_only_in_one_leaves_nothing(urls: DatabaseUrls, company: Company) -> None:
    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            undone = await db.begin_nested()
            record(db, company.id, uuid.uuid4(), HandoffEventKind.CREATED, by=None, at=now())
            await undone.rollback()
            assert db.info.keys() == {"account_id", "read_only"}

    run(urls, work)
    assert company.query("SELECT id FROM handoff_events") == []
