"""When the members of a ticket system are read again by themselves, so that somebody new there is matched."""

import uuid
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import update

from flowpilot.db.session import Db
from flowpilot.jobs import PSA_QUEUE, DueJob, QueuedJob, enqueue, is_same
from flowpilot.psa.connections.models import PsaConnection

READ_JOB = "psa.read_members"
EVERY = timedelta(days=1)


async def schedule_reading(db: Db, connection: PsaConnection, at: datetime) -> bool:
    """Read the members at that time. False if another time has been set since the connection was read."""
    scheduled = await db.scalar(
        update(PsaConnection)
        .where(
            PsaConnection.account_id == connection.account_id,
            PsaConnection.id == connection.id,
            PsaConnection.members_due_at.is_not_distinct_from(connection.members_due_at),
            PsaConnection.removed_at.is_(None),
        )
        .values(members_due_at=at)
        .returning(PsaConnection.id)
    )
    if scheduled is None:
        return False
    connection.members_due_at = at
    # Jobs for a time that is not the connection's any more do nothing.
    account_id, connection_id = connection.account_id, connection.id
    enqueue(db, READ_JOB, at=at, queue=PSA_QUEUE, account_id=account_id, connection_id=connection_id)
    return True


_READ = "SELECT id, members_due_at FROM psa_connections WHERE account_id = %s AND removed_at IS NULL"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, _now: datetime) -> list[DueJob]:
    """The next reading. One that comes before its time does nothing."""
    due = []
    for connection_id, at in connection.execute(_READ, [account_id]):

        def reads(job: QueuedJob, connection_id: uuid.UUID = connection_id, at: datetime = at) -> bool:
            return is_same(job.arguments["connection_id"], connection_id) and not (job.at and job.at < at)

        if at is not None:
            said = {"account_id": account_id, "connection_id": connection_id}
            due.append(DueJob(READ_JOB, at, said, queue=PSA_QUEUE, stands_for_it=reads))
    return due
