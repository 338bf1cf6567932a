"""Durable jobs, in PostgreSQL: enqueued in the very transaction of the fact that they follow from.

A job's arguments are ids. It states its account itself, like a request does, and may be run twice: after a crash
in the middle it is run again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate import JobContext, PsycopgConnector

from flowpilot.db.session import Database, Db
from flowpilot.settings import Settings

# It only registers tasks and enqueues over the caller's connection; flowpilot.worker runs it with one of its own.
app = procrastinate.App(connector=PsycopgConnector())

DEFAULT_QUEUE = "default"
DELIVERY_QUEUE = "deliveries"
MAIL_QUEUE = "mail"
COPILOT_QUEUE = "copilot"

# What keeps failing is tried for about a day, more and more rarely.
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
    """Have a job done after this transaction has committed, or not at all; `at`: not before that moment.

    Ids among the arguments become text, which is what the task is called with.

    Args:
        lock: of the jobs with the same one, one runs at a time, in the order in which they were enqueued. One that
            is due later would hold up all that come after it: give either `at` or a lock.
        queue: another than the task's own.
    """
    connection = await db.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    options: dict[str, Any] = {"schedule_at": at, "connection": driver, "lock": lock}
    if queue is not None:
        options["queue"] = queue
    job = app.configure_task(task, **options)
    await job.defer_async(**{name: str(value) for name, value in arguments.items()})
