"""Lanes: everything of one connection is posted by one job at a time, in any process.

So a slow ticket system holds up no other account, and a ticket never gets two records at once. A job is a turn of
the connection, not one posting: what to post is decided when it runs.
"""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.jobs import PSA_QUEUE, enqueue

TURN_JOB = "psa.turn"


async def give_turn(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, at: datetime | None = None) -> None:
    """Queue a turn of the connection, now or at that time.

    A job for later has no lock, which would hold up the lane until then. It asks for a turn when its time comes.
    """
    await enqueue(
        db,
        TURN_JOB,
        at=at,
        lock=f"psa {connection_id}" if at is None else None,
        queue=PSA_QUEUE,
        account_id=account_id,
        connection_id=connection_id,
    )
