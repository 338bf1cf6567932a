"""Jobs that rows ask for and the queue does not have, as after a crash between two machines: they are made again.

Where an account's rows are on another machine than the queue, both are not committed in the same moment
(docs/decisions/0081).
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from flowpilot.attachments import service as attachments
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database, ReadDb
from flowpilot.freshness import schedule as freshness
from flowpilot.handoffs import leases
from flowpilot.handoffs.events import NOTIFIED_KINDS, NOTIFY_JOB
from flowpilot.handoffs.models import HandoffEvent
from flowpilot.imports import undoing
from flowpilot.imports.uploads import service as uploads
from flowpilot.jobs import DueJobs, defer, queued
from flowpilot.knowledge.wording import service as wording
from flowpilot.notifications.delivery import lanes as deliveries
from flowpilot.notifications.delivery.planning import plan
from flowpilot.notifications.models import Notification, NotificationDelivery
from flowpilot.psa.members import schedule as members
from flowpilot.psa.postings import lanes as postings
from flowpilot.sessions import idle
from flowpilot.sessions.days.jobs import begin_lost_rolls
from flowpilot.sessions.verifying import service as verifying

DUE_JOBS: tuple[DueJobs, ...] = (
    leases.due_jobs,
    idle.due_jobs,
    verifying.due_jobs,
    deliveries.due_jobs,
    postings.due_jobs,
    members.due_jobs,
    freshness.due_jobs,
    wording.due_jobs,
    uploads.due_jobs,
    undoing.due_jobs,
    attachments.due_jobs,
)

# Nobody wants to be notified of what is older.
_RECENT = timedelta(days=1)


def repair_jobs(url: str, account_id: uuid.UUID, now: datetime) -> int:
    """Make the account's jobs again that are missing, as the runtime role; return how many."""
    with account_transaction(url, account_id) as connection:
        # The rows are read first: a job that was enqueued meanwhile is seen.
        due = [job for due_jobs in DUE_JOBS for job in due_jobs(connection, account_id, now)]
        there = queued(connection, account_id) if due else []
        missing = [job for job in due if not job.is_in(there)]
        for job in missing:
            defer(connection, job)
        return len(missing) + begin_lost_rolls(connection, account_id, now)


async def notify_of_missed(database: Database, account_id: uuid.UUID, now: datetime, *, by_email: bool) -> int:
    """Notify people of the last day's events of which nobody was notified; return of how many.

    Most events concern nobody, so it is planned again what follows from them: then nothing does.
    """
    async with database.read(account_id) as db:
        before = await _silent_events(db, account_id, now)
    if not before:
        return 0
    with account_transaction(database.url, account_id) as connection:
        coming = {job.arguments["event_id"] for job in queued(connection, account_id) if job.task == NOTIFY_JOB}
    for event_id in before - set(map(uuid.UUID, coming)):
        async with database.write(account_id) as db:
            await plan(db, account_id, event_id, now, by_email=by_email)
    async with database.read(account_id) as db:
        return len(before - await _silent_events(db, account_id, now))


async def _silent_events(db: ReadDb, account_id: uuid.UUID, now: datetime) -> set[uuid.UUID]:
    of_event = [
        exists().where(table.account_id == account_id, table.event_id == HandoffEvent.id)
        for table in (Notification, NotificationDelivery)
    ]
    query = select(HandoffEvent.id).where(
        HandoffEvent.account_id == account_id,
        HandoffEvent.kind.in_(NOTIFIED_KINDS),
        HandoffEvent.created_at > now - _RECENT,
        *(~one for one in of_event),
    )
    return set(await db.scalars(query))
