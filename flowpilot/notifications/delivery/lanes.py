"""Lanes: everything an account sends goes through one of four, so that a slow receiver holds up few others.

E-mail has a lane of its own, and the channels share three. A lane is the lock of its jobs: only one of them runs
at a time, in any process. So an account never occupies more than four of a worker's slots, and a channel never has
more than one open request. A job is a turn of the lane, not one message: what to send is decided when it runs
(docs/decisions/0028).
"""

import uuid
from datetime import datetime, timedelta

import psycopg

from flowpilot.db.session import Db
from flowpilot.jobs import DELIVERY_QUEUE, MAIL_QUEUE, DueJob, QueuedJob, comes_by, enqueue

DELIVER_JOB = "handoffs.deliver"

MAIL_LANE = 0
_CHANNEL_LANES = 3
_NEARLY = timedelta(minutes=1)


def lane_of(channel_id: uuid.UUID | None) -> int:
    """The lane of a channel's messages; of e-mail, if there is no channel."""
    return MAIL_LANE if channel_id is None else 1 + channel_id.int % _CHANNEL_LANES


def _lock_of(account_id: uuid.UUID, lane: int) -> str:
    return f"lane {lane} of {account_id}"


async def give_turn(db: Db, account_id: uuid.UUID, lane: int, delivery_id: uuid.UUID) -> None:
    """Queue a turn of the lane of this delivery, in which it sends whatever is due."""
    enqueue(
        db,
        DELIVER_JOB,
        lock=_lock_of(account_id, lane),
        # One mail server serves all accounts. While it hangs, other messages still have slots of their own.
        queue=MAIL_QUEUE if lane == MAIL_LANE else DELIVERY_QUEUE,
        account_id=account_id,
        delivery_id=delivery_id,
    )


async def give_turn_later(db: Db, account_id: uuid.UUID, delivery_id: uuid.UUID, at: datetime) -> None:
    """Schedule a turn of the delivery's lane.

    The job has no lock until then: a lock that waits for its time would hold up the lane.
    """
    enqueue(db, DELIVER_JOB, at=at, account_id=account_id, delivery_id=delivery_id)


_LANES = """
SELECT delivery.lane, (array_agg(delivery.id ORDER BY delivery.due_at))[1],
       min(CASE WHEN route.resting_since IS NULL THEN greatest(delivery.due_at, route.next_try_at)
                ELSE route.next_try_at END)
FROM notification_deliveries delivery
LEFT JOIN notification_routes route
  ON route.account_id = %(account_id)s AND route.id = coalesce(delivery.channel_id, delivery.account_id)
WHERE delivery.account_id = %(account_id)s AND delivery.status = 'pending'
GROUP BY delivery.lane ORDER BY delivery.lane
"""
_LANE = "SELECT lane FROM notification_deliveries WHERE account_id = %s AND id = %s"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """A turn for each lane in which something waits, when the first of it can be sent."""
    due = []
    for lane, delivery_id, sendable_at in connection.execute(_LANES, {"account_id": account_id}):
        at, lock = max(now, sendable_at or now), _lock_of(account_id, lane)

        def gives_a_turn(job: QueuedJob, lane: int = lane, lock: str = lock, at: datetime = at) -> bool:
            if job.lock is not None:
                return job.lock == lock
            of_job = connection.execute(_LANE, [account_id, job.arguments["delivery_id"]]).fetchone()
            return of_job == (lane,) and comes_by(job, at + _NEARLY)

        said = {"account_id": account_id, "delivery_id": delivery_id}
        due.append(DueJob(DELIVER_JOB, at, said, stands_for_it=gives_a_turn))
    return due
