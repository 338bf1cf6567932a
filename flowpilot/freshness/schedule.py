"""When an account's flows are examined: once a day, from the first publication on."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.freshness.models import FlowCheck
from flowpilot.jobs import KNOWLEDGE_QUEUE, enqueue

CHECK_JOB = "freshness.check"
EVERY = timedelta(days=1)


async def begin_checks(db: Db, author: Author, _flow: Flow, _version: FlowVersion, now: datetime) -> None:
    """Have the account's flows examined from tomorrow on, if they are not yet."""
    begun = insert(FlowCheck).values(account_id=author.account_id, due_at=now + EVERY)
    added = begun.on_conflict_do_nothing().returning(FlowCheck.account_id)
    if await db.scalar(added) is not None:
        await _enqueue(db, author.account_id, now + EVERY)


async def schedule_next(db: Db, account_id: uuid.UUID, due_at: datetime, now: datetime) -> bool:
    """Schedule the check that follows the one at `due_at`. False if that has been done."""
    next_at = now + EVERY
    scheduled = (
        update(FlowCheck)
        .where(FlowCheck.account_id == account_id, FlowCheck.due_at == due_at)
        .values(due_at=next_at)
        .returning(FlowCheck.account_id)
    )
    if await db.scalar(scheduled) is None:
        return False
    await _enqueue(db, account_id, next_at)
    return True


async def _enqueue(db: Db, account_id: uuid.UUID, at: datetime) -> None:
    await enqueue(db, CHECK_JOB, at=at, queue=KNOWLEDGE_QUEUE, account_id=account_id, due_at=at.isoformat())
