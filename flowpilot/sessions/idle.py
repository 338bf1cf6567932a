"""Idle sessions: when to check them, by the account's idle limit."""

import uuid
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.durations import in_full
from flowpilot.identity.models import Account
from flowpilot.jobs import DueJob, enqueue, take_waiting
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import OPEN

IDLE_JOB = "sessions.abandon_idle"

# Sessions that wait for a senior, or are with one, are in the queue, where nobody forgets them. Nor are unassigned
# ones forgotten, which are on everybody's home page, or a fix that waits, which is to be looked at again.
MAY_LIE_IDLE = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})

# Without an idle limit the job still checks daily, because one may be set.
_LOOK_AGAIN = timedelta(days=1)


async def idle_limit(db: Db, session: AISession) -> timedelta | None:
    """How long a session may lie idle; None if the account sets no limit."""
    minutes = await db.scalar(select(Account.idle_minutes).where(Account.id == session.account_id))
    return as_limit(minutes)


def as_limit(minutes: int | None) -> timedelta | None:
    """The limit of so many minutes."""
    return None if minutes is None else timedelta(minutes=minutes)


def idle_since(session: AISession) -> datetime | None:
    """Since when nothing has happened to it that should have; None if it is from a log.

    Nothing should happen to one that waits for a fix to prove itself, until it is to be looked at again.
    """
    last, due = session.last_activity_at, session.look_again_at
    return last if last is None or due is None else max(last, due)


async def watch_again(db: Db, session: AISession, now: datetime) -> None:
    """Have a job check the session, and no other: those that wait already would each go on for ever."""
    await take_waiting(db, IDLE_JOB, _lock_of(session))
    await watch(db, session, now, await idle_limit(db, session))


async def watch(db: Db, session: AISession, now: datetime, limit: timedelta | None) -> None:
    """Have a job check a new session once its limit may be over."""
    due = now + _LOOK_AGAIN if limit is None else (idle_since(session) or now) + limit
    if due <= now:  # It is in the handoff queue, where nobody forgets it.
        due = now + _LOOK_AGAIN
    account_id, lock = session.account_id, _lock_of(session)
    enqueue(db, IDLE_JOB, at=due, lock=lock, account_id=account_id, session_id=session.id)


def _lock_of(session: AISession) -> str:
    return f"idle {session.id}"


def reason(limit: timedelta) -> str:
    """Why a session is abandoned when the limit is over."""
    return f"Nothing happened for {in_full(limit)}."


_OPEN = """
SELECT id FROM ai_sessions
WHERE account_id = %s AND status = ANY(%s) AND last_activity_at IS NOT NULL ORDER BY id
"""


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """The job of every open session, whenever it is due: it checks, and enqueues the next one."""
    return [
        DueJob(IDLE_JOB, now, {"account_id": account_id, "session_id": session_id}, lock=f"idle {session_id}")
        for (session_id,) in connection.execute(_OPEN, [account_id, sorted(OPEN)])
    ]
