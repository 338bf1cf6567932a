"""Durable jobs in PostgreSQL, enqueued in the same transaction as the fact that they follow from.

A job's arguments are ids. It sets its account itself, as a request does. It may run twice: a job whose worker
crashes is run again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate import JobContext, PsycopgConnector
from sqlalchemy import text

from flowpilot.db.session import Database, Db
from flowpilot.settings import Settings

# It only registers tasks, and enqueues over the caller's connection. flowpilot.worker runs the jobs.
app = procrastinate.App(connector=PsycopgConnector())

DEFAULT_QUEUE = "default"
DELIVERY_QUEUE = "deliveries"
MAIL_QUEUE = "mail"
COPILOT_QUEUE = "copilot"
PSA_QUEUE = "psa"
KNOWLEDGE_QUEUE = "knowledge"
IMPORT_QUEUE = "imports"
DAYS_QUEUE = "days"

# A job that keeps failing is retried for about a day, at growing intervals.
RETRY = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a job works with."""

    database: Database
    settings: Settings


def tools(context: JobContext) -> Tools:
    """The tools of the worker that runs the job."""
    found = context.additional_context["tools"]
    assert isinstance(found, Tools)
    return found


async def enqueue(
    db: Db,
    task: str,
    *,
    at: datetime | None = None,
    lock: str | None = None,
    queue: str | None = None,
    **arguments: object,
) -> None:
    """Enqueue a job, which runs once this transaction has committed.

    Ids among the arguments reach the task as text.

    Args:
        at: the earliest time to run it.
        lock: jobs with the same lock run one at a time, in the order in which they were enqueued. A job that is
            due later holds up all that come after it, so give both only to jobs that take each other's work over.
        queue: a queue other than the task's own.
    """
    connection = await db.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    options: dict[str, Any] = {"schedule_at": at, "connection": driver, "lock": lock}
    if queue is not None:
        options["queue"] = queue
    job = app.configure_task(task, **options)
    await job.defer_async(**{name: str(value) for name, value in arguments.items()})


_TAKE_WAITING = text("""
WITH waiting AS (
    SELECT id FROM procrastinate_jobs
    WHERE status = 'todo' AND lock = :lock AND task_name = :task
    FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM procrastinate_jobs job USING waiting WHERE job.id = waiting.id RETURNING job.id, job.args
)
SELECT args FROM taken ORDER BY id
""")


async def take_waiting(db: Db, task: str, lock: str) -> list[dict[str, str]]:
    """Take the waiting jobs of a task with that lock out of the queue, due or not, and do their work here.

    If this transaction fails, they still wait.

    Returns: the arguments of each, in the order in which they were enqueued.
    """
    return [args for (args,) in await db.execute(_TAKE_WAITING, {"task": task, "lock": lock})]
