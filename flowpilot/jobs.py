"""Durable jobs in PostgreSQL, enqueued in the same transaction as the fact that they follow from.

A job's arguments are ids. It sets its account itself, as a request does. It may run twice: a job whose worker
crashes is run again. If what it is about is not there, it looks again for a while: where an account's rows are on
another machine than the queue, they may come after their job (docs/decisions/0081).
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate import JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB

from flowpilot.db.last import do_last
from flowpilot.db.session import Database, Db
from flowpilot.db.statements.built import Built
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

# After 1, 4, 16 and 64 seconds: longer than machines take to settle a transaction that one of them has lost.
_LOOKS_AGAIN = 4

_log = logging.getLogger(__name__)


class NotThereError(Exception):
    """What a job is about is not there, or not yet."""


class Retry(procrastinate.RetryStrategy):
    """The library's strategy; but a job that found nothing looks again sooner."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None for not at all."""
        if isinstance(exception, NotThereError):
            return RetryDecision(retry_in={"seconds": 4**job.attempts})
        return super().get_retry_decision(exception=exception, job=job)


# A job that keeps failing is retried for about a day, at growing intervals.
RETRY = Retry(max_attempts=8, exponential_wait=4)


def not_there(context: JobContext, what: str) -> None:
    """Look again for a minute and a half, and then be done: what never came was removed, or never stored.

    Raises:
        NotThereError: it may still come.
    """
    if context.job.attempts < _LOOKS_AGAIN:
        raise NotThereError(what)
    _log.warning("job %s (%s) has nothing to do: %s is not there", context.job.id, context.job.task_name, what)


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


# What a transaction has enqueued, until it writes that.
_ENQUEUED = "jobs"


def enqueue(
    db: Db,
    task: str,
    *,
    at: datetime | None = None,
    lock: str | None = None,
    queue: str | None = None,
    **arguments: object,
) -> None:
    """Enqueue a job, which runs once this transaction has committed.

    Ids among the arguments reach the task as text. The jobs of a transaction are written last, in one statement.

    Args:
        at: the earliest time to run it.
        lock: jobs with the same lock run one at a time, in the order in which they were enqueued. A job that is
            due later holds up all that come after it, so give both only to jobs that take each other's work over.
        queue: a queue other than the task's own.
    """
    options: dict[str, Any] = {"schedule_at": at, "lock": lock}
    if queue is not None:
        options["queue"] = queue
    job = app.configure_task(task, **options)
    enqueued: list[Job] = db.info.setdefault(_ENQUEUED, [])
    enqueued.append(job.make_new_job(**{name: str(value) for name, value in arguments.items()}))
    do_last(db, _write_enqueued)


# The library's own function. Its statement has the jobs as a list of rows, each of which is written out anew.
_DEFER = Built(
    select(
        text(
            "cardinality(procrastinate_defer_jobs_v1(ARRAY(SELECT job FROM jsonb_populate_recordset("
            "NULL::procrastinate_job_to_defer_v1, :jobs) job)))"
        ).bindparams(bindparam("jobs", type_=JSONB))
    )
)


async def _write_enqueued(db: Db) -> None:
    jobs: list[Job] = db.info.pop(_ENQUEUED)
    await _DEFER.send(db, {"jobs": [_deferred(job) for job in jobs]})


def _deferred(job: Job) -> dict[str, object]:
    at = job.scheduled_at
    return {
        "queue_name": job.queue,
        "task_name": job.task_name,
        "priority": job.priority,
        "lock": job.lock,
        "queueing_lock": job.queueing_lock,
        "args": job.task_kwargs,
        "scheduled_at": None if at is None else at.isoformat(),
    }


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


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that waits in the queue or runs; `at`: not before that time, if that is said."""

    task: str
    arguments: Mapping[str, str]
    lock: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job that must be in the queue, because of what rows say.

    `stands_for_it`: whether a job of the same task in the queue does the same; by default one with its arguments.
    """

    task: str
    at: datetime
    arguments: Mapping[str, object]
    lock: str | None = None
    queue: str | None = None
    stands_for_it: Callable[[QueuedJob], bool] | None = None

    def is_in(self, queued: list[QueuedJob]) -> bool:
        """Whether the queue has it."""
        does = self.stands_for_it or self._has_its_arguments
        return any(job.task == self.task and does(job) for job in queued)

    def _has_its_arguments(self, job: QueuedJob) -> bool:
        return all(is_same(job.arguments.get(name), value) for name, value in self.arguments.items())


# What a feature's rows say must be in the queue. Called in a transaction of the account.
DueJobs = Callable[[psycopg.Connection, uuid.UUID, datetime], list[DueJob]]


def is_same(said: str | None, value: object) -> bool:
    """Whether a job's argument is this value. A migration may have written a time in other words."""
    if isinstance(value, datetime):
        return said is not None and datetime.fromisoformat(said) == value
    return said == str(value)


def comes_by(job: QueuedJob, at: datetime) -> bool:
    """Whether a job is due at that time at the latest."""
    return job.at is None or job.at <= at


def queued(connection: psycopg.Connection, account_id: uuid.UUID) -> list[QueuedJob]:
    """The account's jobs in the queue."""
    found = connection.execute(
        "SELECT task_name, args, lock, scheduled_at FROM procrastinate_jobs"
        " WHERE status IN ('todo', 'doing') AND args ->> 'account_id' = %s",
        [str(account_id)],
    )
    return [QueuedJob(*row) for row in found]


def defer(connection: psycopg.Connection, due: DueJob) -> None:
    """Enqueue a job in the connection's transaction."""
    options: dict[str, Any] = {"schedule_at": due.at, "connection": connection, "lock": due.lock}
    if due.queue is not None:
        options["queue"] = due.queue
    said = {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in due.arguments.items()
    }
    app.configure_task(due.task, **options).defer(**said)
