"""Lanes: everything of one connection is posted by one job at a time, in any process.

So a slow ticket system holds up no other account, and a ticket never gets two records at once. A job is a turn of
the connection, not one posting: what to post is decided when it runs.
"""

import uuid
from datetime import datetime, timedelta

import psycopg

from flowpilot.db.session import Db
from flowpilot.jobs import PSA_QUEUE, DueJob, QueuedJob, comes_by, enqueue, is_same

TURN_JOB = "psa.turn"
_NEARLY = timedelta(minutes=1)


async def give_turn(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, at: datetime | None = None) -> None:
    """Queue a turn of the connection, now or at that time.

    A job for later has no lock, which would hold up the lane until then. It asks for a turn when its time comes.
    """
    enqueue(
        db,
        TURN_JOB,
        at=at,
        lock=f"psa {connection_id}" if at is None else None,
        queue=PSA_QUEUE,
        account_id=account_id,
        connection_id=connection_id,
    )


_OPEN = """
SELECT connection.id, greatest(min(posting.due_at), connection.rests_until, connection.backs_off_until)
FROM psa_connections connection
JOIN psa_postings posting ON posting.account_id = %(account_id)s AND posting.connection_id = connection.id
WHERE connection.account_id = %(account_id)s AND connection.removed_at IS NULL AND connection.paused_at IS NULL
  AND posting.state IN ('queued', 'sent', 'held') AND posting.due_at IS NOT NULL
GROUP BY connection.id, connection.rests_until, connection.backs_off_until
"""


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """A turn of the connection, if something waits to be posted over it."""
    due = []
    for connection_id, postable_at in connection.execute(_OPEN, {"account_id": account_id}):
        at, said = max(now, postable_at), {"account_id": account_id, "connection_id": connection_id}

        def gives_a_turn(job: QueuedJob, at: datetime = at, connection_id: uuid.UUID = connection_id) -> bool:
            return is_same(job.arguments["connection_id"], connection_id) and comes_by(job, at + _NEARLY)

        due.append(DueJob(TURN_JOB, at, said, queue=PSA_QUEUE, stands_for_it=gives_a_turn))
    return due
