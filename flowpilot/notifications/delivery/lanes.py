"""Lanes: everything an account sends goes through one of four, so that a slow receiver holds up few others.

E-mail has a lane of its own, and the channels share three. A lane is the lock of its jobs: only one of them runs
at a time, in any process. So an account never occupies more than four of a worker's slots, and a channel never has
more than one open request. A job is a turn of the lane, not one message: what to send is decided when it runs
(docs/decisions/0028).
"""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.jobs import DELIVERY_QUEUE, MAIL_QUEUE, enqueue

DELIVER_JOB = "handoffs.deliver"

MAIL_LANE = 0
_CHANNEL_LANES = 3


def lane_of(channel_id: uuid.UUID | None) -> int:
    """The lane of a channel's messages; of e-mail, if there is no channel."""
    return MAIL_LANE if channel_id is None else 1 + channel_id.int % _CHANNEL_LANES


async def give_turn(db: Db, account_id: uuid.UUID, lane: int, delivery_id: uuid.UUID) -> None:
    """Queue a turn of the lane of this delivery, in which it sends whatever is due."""
    await enqueue(
        db,
        DELIVER_JOB,
        lock=f"lane {lane} of {account_id}",
        # One mail server serves all accounts. While it hangs, other messages still have slots of their own.
        queue=MAIL_QUEUE if lane == MAIL_LANE else DELIVERY_QUEUE,
        account_id=account_id,
        delivery_id=delivery_id,
    )


async def give_turn_later(db: Db, account_id: uuid.UUID, delivery_id: uuid.UUID, at: datetime) -> None:
    """Schedule a turn of the delivery's lane.

    The job has no lock until then: a lock that waits for its time would hold up the lane.
    """
    await enqueue(db, DELIVER_JOB, at=at, account_id=account_id, delivery_id=delivery_id)
