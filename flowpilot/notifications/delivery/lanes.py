"""Lanes: whatever an account sends goes through one of four, so that a slow receiver holds up few others.

E-mail has a lane of its own, and the channels share three. A lane is the lock of its jobs: of each, one runs at a
time, in whichever process. So an account never has more than four of a worker's places, and a channel never more
than one open request. A job is a turn of the lane, not one message: what is sent in it is decided when it runs
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
    """The lane of a channel's messages, or that of e-mail."""
    return MAIL_LANE if channel_id is None else 1 + channel_id.int % _CHANNEL_LANES


async def give_turn(db: Db, account_id: uuid.UUID, lane: int, delivery_id: uuid.UUID) -> None:
    """Have the lane of this delivery send what is due, after all who were given their turn before."""
    await enqueue(
        db,
        DELIVER_JOB,
        lock=f"lane {lane} of {account_id}",
        # One mail server serves all accounts. While it hangs, what goes elsewhere has its own places.
        queue=MAIL_QUEUE if lane == MAIL_LANE else DELIVERY_QUEUE,
        account_id=account_id,
        delivery_id=delivery_id,
    )


async def give_turn_later(db: Db, account_id: uuid.UUID, delivery_id: uuid.UUID, at: datetime) -> None:
    """Have the delivery's lane get a turn at that moment.

    The job has no lock until then: one that waits for its time would hold up the lane.
    """
    await enqueue(db, DELIVER_JOB, at=at, account_id=account_id, delivery_id=delivery_id)
