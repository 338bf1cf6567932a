"""When an account's flows are examined: once a day, from the first publication on."""

import uuid
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.freshness.models import FlowCheck
from flowpilot.jobs import KNOWLEDGE_QUEUE, DueJob, enqueue

CHECK_JOB = "freshness.check"
EVERY = timedelta(days=1)


async def begin_checks(db: Db, author: Author, _flow: Flow, _version: FlowVersion, now: datetime) -> None:
    """Have the account's flows examined from tomorrow on, if they are not yet."""
    begun = insert(FlowCheck).values(account_id=author.account_id, due_at=now + EVERY)
    added = begun.on_conflict_do_nothing().returning(FlowCheck.account_id)
    if await db.scalar(added) is not None:
        await _enqueue(db, author.account_id, now + EVERY)


async def schedule_next(db: Db, account_id: uuid.UUID, due_at: datetime, now: datetime) -> bool:
    """Schedule the check that follows the one at `due_at`, unless that has been done.

    Returns: whether the account's flows are examined at all.
    """
    next_at = now + EVERY
    scheduled = (
        update(FlowCheck)
        .where(FlowCheck.account_id == account_id, FlowCheck.due_at == due_at)
        .values(due_at=next_at)
        .returning(FlowCheck.account_id)
    )
    if await db.scalar(scheduled) is not None:
        await _enqueue(db, account_id, next_at)
        return True
    return await db.scalar(select(FlowCheck.due_at).where(FlowCheck.account_id == account_id)) is not None


async def _enqueue(db: Db, account_id: uuid.UUID, at: datetime) -> None:
    enqueue(db, CHECK_JOB, at=at, queue=KNOWLEDGE_QUEUE, account_id=account_id, due_at=at.isoformat())


_CHECK = "SELECT due_at FROM flow_checks WHERE account_id = %s"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, _now: datetime) -> list[DueJob]:
    """The account's next check."""
    return [
        DueJob(CHECK_JOB, at, {"account_id": account_id, "due_at": at}, queue=KNOWLEDGE_QUEUE)
        for (at,) in connection.execute(_CHECK, [account_id])
    ]
