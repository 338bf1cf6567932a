"""Leases: a claim whose holder does nothing returns to the queue, after a reminder. Others' steps do not count."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.identity.models import Account
from flowpilot.jobs import DueJob, QueuedJob, enqueue, is_same
from flowpilot.working_hours import HoursHistory, WorkingHours, after_work

REMIND_JOB = "handoffs.remind"
EXPIRE_JOB = "handoffs.expire"

# The reminder comes this long before the end of a lease, or a fifth of a short one.
_WARNING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Lease:
    """When a claim lapses unless its holder acts, and when its holder is reminded. Only working hours count."""

    reminds: datetime
    ends: datetime


def lease_from(minutes: int | None, claimed_at: datetime, history: HoursHistory) -> Lease | None:
    """The lease of a claim made at that moment; None if claims do not lapse."""
    return None if minutes is None else lease(claimed_at, minutes, history.at(claimed_at))


async def lease_minutes(db: Db, account_id: uuid.UUID) -> int | None:
    """How long a claim without action lasts; None if claims do not lapse."""
    minutes: int | None = await db.scalar(select(Account.lease_minutes).where(Account.id == account_id))
    return minutes


def lease(claimed_at: datetime, minutes: int, hours: WorkingHours | None) -> Lease:
    """The lease of a claim made at that moment, in an account with these rules."""
    length = timedelta(minutes=minutes)
    warning = min(_WARNING, length / 5)
    return Lease(after_work(claimed_at, length - warning, hours), after_work(claimed_at, length, hours))


async def watch(db: Db, handoff: SessionHandoff, lease: Lease | None) -> None:
    """Have the holder reminded and the claim taken back in time. The jobs are for this lease of this claim."""
    if lease is None or handoff.claimed_at is None:
        return
    of_lease = {"claimed_at": handoff.claimed_at.isoformat(), "ends": lease.ends.isoformat()}
    for job, at in ((REMIND_JOB, lease.reminds), (EXPIRE_JOB, lease.ends)):
        enqueue(db, job, at=at, account_id=handoff.account_id, handoff_id=handoff.id, **of_lease)


_LEASES = """
SELECT id, claimed_at, lease_expires_at, reminded_at IS NOT NULL FROM session_handoffs
WHERE account_id = %s AND closed_at IS NULL AND lease_expires_at IS NOT NULL ORDER BY id
"""


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """The jobs of every lease that runs."""
    due = []
    for handoff_id, claimed_at, ends, is_reminded in connection.execute(_LEASES, [account_id]):
        said = {"account_id": account_id, "handoff_id": handoff_id, "claimed_at": claimed_at, "ends": ends}

        def is_of_lease(job: QueuedJob, said: Mapping[str, object] = said) -> bool:
            # A job of an earlier version does not say when its lease ends.
            return all(is_same(value, said[name]) for name, value in job.arguments.items())

        tasks = {EXPIRE_JOB: ends} if is_reminded else {REMIND_JOB: max(now, ends - _WARNING), EXPIRE_JOB: ends}
        due += [DueJob(task, at, said, stands_for_it=is_of_lease) for task, at in tasks.items()]
    return due
