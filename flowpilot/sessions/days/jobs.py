"""The job that sums up an account's days with news: every minute while there are some, and then less often."""

import asyncio
import uuid
from datetime import datetime, timedelta

import psycopg
from procrastinate import JobContext
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.clock import now
from flowpilot.db.session import Db
from flowpilot.jobs import DAYS_QUEUE, RETRY, app, enqueue, tools
from flowpilot.sessions.days.models import SessionRoll
from flowpilot.sessions.days.rolling import has_news, roll

ROLL_JOB = "sessions.roll"
SHORTEST = timedelta(minutes=1)
# Until an account that was quiet is looked at, its reports read more rows, and are as right.
LONGEST = timedelta(hours=1)


async def begin_rolls(db: Db, account_id: uuid.UUID, now: datetime) -> None:
    """Have the account's days summed up from now on, if they are not yet."""
    begun = insert(SessionRoll).values(account_id=account_id, due_at=now + SHORTEST)
    added = begun.on_conflict_do_nothing().returning(SessionRoll.account_id)
    if await db.scalar(added) is not None:
        await _enqueue(db, account_id, now + SHORTEST, SHORTEST)


def begin_rolls_of(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> None:
    """The same for what writes many rows at once, from now on."""
    begun = connection.execute(
        "INSERT INTO session_rolls (account_id, due_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", (account_id, now)
    )
    if begun.rowcount:
        job = app.configure_task(ROLL_JOB, schedule_at=now, connection=connection)
        job.defer(account_id=str(account_id), due_at=now.isoformat())


@app.task(name=ROLL_JOB, queue=DAYS_QUEUE, pass_context=True, retry=RETRY)
async def roll_account(context: JobContext, account_id: str, due_at: str, pause_seconds: str = "60") -> None:
    """Schedule the next one, which one that fails does not prevent, and sum up what has news."""
    account, database = uuid.UUID(account_id), tools(context).database
    is_busy = await asyncio.to_thread(has_news, database.url, account)
    pause = SHORTEST if is_busy else min(LONGEST, 2 * timedelta(seconds=int(pause_seconds)))
    async with database.write(account) as db:
        await _schedule_next(db, account, datetime.fromisoformat(due_at), now() + pause, pause)
    if is_busy:
        await asyncio.to_thread(roll, database.url, account)


async def _schedule_next(
    db: Db, account_id: uuid.UUID, due_at: datetime, next_at: datetime, pause: timedelta
) -> None:
    scheduled = (
        update(SessionRoll)
        .where(SessionRoll.account_id == account_id, SessionRoll.due_at == due_at)
        .values(due_at=next_at)
        .returning(SessionRoll.account_id)
    )
    if await db.scalar(scheduled) is not None:
        await _enqueue(db, account_id, next_at, pause)


async def _enqueue(db: Db, account_id: uuid.UUID, at: datetime, pause: timedelta) -> None:
    seconds = int(pause.total_seconds())
    await enqueue(db, ROLL_JOB, at=at, account_id=account_id, due_at=at.isoformat(), pause_seconds=seconds)
