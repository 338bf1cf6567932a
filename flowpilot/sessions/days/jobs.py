"""The job that sums up an account's days with news: every minute while there are some, and then less often.

Once a day it also compares the other days with their sessions, because a server of the release before, or an
operator's statement, changes sessions and marks nothing.
"""

import asyncio
import logging
import uuid
from datetime import datetime, timedelta

import psycopg
from procrastinate import JobContext
from sqlalchemy import text, update

from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Db
from flowpilot.jobs import DAYS_QUEUE, RETRY, DueJob, app, defer, enqueue, not_there, queued, tools
from flowpilot.sessions.days.models import SessionRoll
from flowpilot.sessions.days.rolling import has_news, reconcile, roll

ROLL_JOB = "sessions.roll"
SHORTEST = timedelta(minutes=1)
# Until an account that was quiet is looked at, its reports read more rows, and are as right.
LONGEST = timedelta(hours=1)
# One that is so long overdue is taken for lost. If it only waits for a worker, it still runs, and schedules none.
LOST = timedelta(hours=2)
# Right after an upgrade servers of the release before may still run for a while.
FIRST_CHECK = timedelta(hours=1)
NEXT_CHECK = timedelta(days=1)

# An update that meets no row locks none, so sessions that begin at the same time do not wait for each other.
_BEGIN = text("""
WITH lost AS (
    UPDATE session_rolls SET due_at = :due_at
    WHERE account_id = :account_id AND due_at < :lost_before
    RETURNING account_id
), begun AS (
    INSERT INTO session_rolls (account_id, due_at) VALUES (:account_id, :due_at)
    ON CONFLICT DO NOTHING
    RETURNING account_id
)
SELECT true AS is_lost FROM lost UNION ALL SELECT false FROM begun
""")

# Also one that is not to be looked at for a while.
_BEGIN_OR_WAKE = """
INSERT INTO session_rolls AS roll (account_id, due_at) VALUES (%(account_id)s, %(due_at)s)
ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at
WHERE roll.due_at < %(lost_before)s OR roll.due_at > %(soon)s
"""

_DUE = "SELECT due_at FROM session_rolls WHERE account_id = %s FOR UPDATE"
_HAS_SESSIONS = "SELECT FROM ai_sessions WHERE account_id = %s LIMIT 1"
_AT_ONCE = """
INSERT INTO session_rolls (account_id, due_at) VALUES (%s, %s)
ON CONFLICT (account_id) DO UPDATE SET due_at = excluded.due_at
"""

_log = logging.getLogger(__name__)


async def begin_rolls(db: Db, account_id: uuid.UUID, now: datetime) -> None:
    """Have the account's days summed up from now on, if they are not yet, or not any more."""
    due_at = now + SHORTEST
    begun = await db.scalar(_BEGIN, {"account_id": account_id, "due_at": due_at, "lost_before": now - LOST})
    if begun is not None:
        if begun:
            _log.warning("the sums of days of account %s begin again: their job is overdue", account_id)
        await _enqueue(db, account_id, due_at, SHORTEST)


def begin_rolls_of(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> None:
    """The same for what writes many rows at once, from now on, and soon if it was to be later."""
    values = {"account_id": account_id, "due_at": now, "lost_before": now - LOST, "soon": now + 2 * SHORTEST}
    if connection.execute(_BEGIN_OR_WAKE, values).rowcount:
        _defer(connection, account_id, now)


def begin_lost_rolls(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> bool:
    """Have the account's days summed up again if the queue has no job for it; return whether that was so."""
    due = connection.execute(_DUE, [account_id]).fetchone()
    if due is None and connection.execute(_HAS_SESSIONS, [account_id]).fetchone() is None:
        return False
    if due is not None and _roll_at(account_id, due[0]).is_in(queued(connection, account_id)):
        return False
    connection.execute(_AT_ONCE, [account_id, now])
    _defer(connection, account_id, now)
    return True


def _roll_at(account_id: uuid.UUID, at: datetime) -> DueJob:
    return DueJob(ROLL_JOB, at, {"account_id": account_id, "due_at": at})


def _defer(connection: psycopg.Connection, account_id: uuid.UUID, at: datetime) -> None:
    defer(connection, _roll_at(account_id, at))


@app.task(name=ROLL_JOB, queue=DAYS_QUEUE, pass_context=True, retry=RETRY)
async def roll_account(
    context: JobContext, account_id: str, due_at: str, pause_seconds: str = "60", check_at: str = ""
) -> None:
    """Schedule the next one, which one that fails does not prevent, and sum up what has news.

    Args:
        check_at: when to compare days without news, too. One that begins says nothing, and its successor knows.
    """
    account, database = uuid.UUID(account_id), tools(context).database
    is_busy = await asyncio.to_thread(has_news, database.url, account)
    pause = SHORTEST if is_busy else min(LONGEST, 2 * timedelta(seconds=int(pause_seconds)))
    this = now()
    check = datetime.fromisoformat(check_at) if check_at else this + FIRST_CHECK
    is_check_due = check <= this
    next_check = this + NEXT_CHECK if is_check_due else check
    async with database.write(account) as db:
        due = datetime.fromisoformat(due_at)
        is_known = await _schedule_next(db, account, due, this + pause, pause, check_at=next_check)
    if not is_known:
        not_there(context, f"the time of the next sums of account {account_id}")
        return
    if is_check_due:
        is_busy |= await asyncio.to_thread(_check, database.url, account)
    if is_busy:
        await asyncio.to_thread(roll, database.url, account)


def _check(url: str, account_id: uuid.UUID) -> bool:
    """Mark the days whose sums are wrong, and say so: whatever changed their sessions has not marked them."""
    with account_transaction(url, account_id) as connection:
        n = reconcile(connection, account_id)
    if n:
        _log.warning("the sums of %d days of account %s were wrong, and are made again", n, account_id)
    return n > 0


async def _schedule_next(
    db: Db, account_id: uuid.UUID, due_at: datetime, next_at: datetime, pause: timedelta, *, check_at: datetime
) -> bool:
    """Schedule the job after the one at `due_at`, unless that was done.

    Returns: whether the account is summed up at all.
    """
    scheduled = (
        update(SessionRoll)
        .where(SessionRoll.account_id == account_id, SessionRoll.due_at == due_at)
        .values(due_at=next_at)
        .returning(SessionRoll.account_id)
    )
    if await db.scalar(scheduled) is not None:
        await _enqueue(db, account_id, next_at, pause, check_at=check_at.isoformat())
        return True
    return await db.get(SessionRoll, account_id) is not None


async def _enqueue(db: Db, account_id: uuid.UUID, at: datetime, pause: timedelta, **more: str) -> None:
    seconds = int(pause.total_seconds())
    enqueue(db, ROLL_JOB, at=at, account_id=account_id, due_at=at.isoformat(), pause_seconds=seconds, **more)
