"""The worker: runs the jobs of every feature, inside a server or as a process of its own."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from flowpilot import jobs
from flowpilot.attachments import jobs as attachment_jobs
from flowpilot.db.connect import LIVELINESS
from flowpilot.db.failures import outage
from flowpilot.db.session import Database
from flowpilot.errors import FlowPilotError
from flowpilot.flows.files import jobs as flow_file_jobs
from flowpilot.flows.matching import jobs as matching_jobs
from flowpilot.freshness import jobs as freshness_jobs
from flowpilot.handoffs import jobs as handoff_jobs
from flowpilot.identity.hours import jobs as hours_jobs
from flowpilot.imports.uploads import jobs as import_jobs
from flowpilot.knowledge import jobs as knowledge_jobs
from flowpilot.knowledge.wording import jobs as wording_jobs
from flowpilot.notifications import jobs as notify_jobs
from flowpilot.psa import jobs as psa_jobs
from flowpilot.sessions import jobs as session_jobs
from flowpilot.sessions.days import jobs as days_jobs
from flowpilot.sessions.verifying import jobs as verifying_jobs
from flowpilot.settings import Settings
from flowpilot.wiring import wire_features

# Their tasks are registered as they are imported.
FEATURES_WITH_JOBS = (
    attachment_jobs,
    flow_file_jobs,
    matching_jobs,
    session_jobs,
    verifying_jobs,
    handoff_jobs,
    notify_jobs,
    psa_jobs,
    knowledge_jobs,
    freshness_jobs,
    wording_jobs,
    import_jobs,
    hours_jobs,
    days_jobs,
)

# How many jobs run at once. Each queue has its own workers, so that a slow receiver or AI never delays a lease.
CONCURRENCY = {
    jobs.DEFAULT_QUEUE: 4,
    jobs.DELIVERY_QUEUE: 16,
    jobs.MAIL_QUEUE: 8,
    jobs.COPILOT_QUEUE: 2,
    jobs.PSA_QUEUE: 8,
    jobs.KNOWLEDGE_QUEUE: 1,
    jobs.IMPORT_QUEUE: 1,
    jobs.DAYS_QUEUE: 1,
}
_GRACE_SECONDS = 5
# A worker that has not been heard of for so long is dead, and its jobs are run again. Until then they hold up what
# has the same lock, such as everything else of an account's ticket system.
_HEARTBEAT_SECONDS = 5.0
_DEAD_AFTER_SECONDS = 20.0
_TEND_SECONDS = 5
_DELETE_SECONDS = 60
_KEEP_FAILED_HOURS = 24 * 30

# The library finds dead workers' jobs first and restarts them then, which fails if another process has done so
# meanwhile, and starts a job twice that runs again already. Here a job is left to the process that restarts it.
_RESTART = """
WITH stalled AS (
    SELECT job.id, job.task_name
    FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
        AND (job.worker_id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(seconds)s))
    FOR UPDATE OF job SKIP LOCKED
)
SELECT id, task_name, procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM stalled
"""

# A job may enqueue one for a queue whose workers have found none and ended, or for the lock that it holds itself.
_IS_ANY_DUE = """
SELECT EXISTS (
    SELECT FROM procrastinate_jobs job
    WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
        AND job.queue_name = ANY(%(queues)s)
        AND NOT EXISTS (
            SELECT FROM procrastinate_jobs other WHERE other.status = 'doing' AND other.lock = job.lock
        )
) AS is_any_due
"""

_log = logging.getLogger(__name__)


class QueueWorker(Worker):
    """The library's worker, which notices to the end when its listener or its heartbeat fails.

    The library stops watching its tasks as soon as one of them returns. The task for periodic jobs returns at once
    when there are no such jobs, so later failures would go unnoticed.

    It also runs what waits for a job's lock as soon as that job has ended. The library would see it when it looks
    for jobs the next time, up to five seconds later, and a lane of many jobs would be idle half of the time.
    """

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()

    # Whether a job with a lock has ended since the worker began to look for jobs.
    _is_lock_free = False

    async def _process_job(self, context: JobContext) -> None:
        try:
            await super()._process_job(context)
        except ConnectorException:
            # The job has ended, and the database went away before that was recorded: it is taken up again like
            # that of a worker that was killed. The library watches no such task, so nobody else would say so.
            _log.warning("job %s: its end is not recorded, because the database went away", context.job.id)
        if context.job.lock is not None:
            self._is_lock_free = True
            self._new_job_event.set()

    async def _fetch_and_process_jobs(self) -> None:
        self._is_lock_free = False
        await super()._fetch_and_process_jobs()  # type: ignore[no-untyped-call]
        # The library clears the event after each look, also if the lock was freed while it looked.
        if self._is_lock_free:
            self._new_job_event.set()


class WorkerStoppedError(FlowPilotError):
    """A queue's worker has stopped by itself, as it does when it can no longer reach the queue."""


async def work(
    settings: Settings,
    runtime_url: str,
    database: Database,
    up: Callable[[], None] = lambda: None,
    *,
    until_idle: bool = False,
    patience_seconds: float = 5,
) -> None:
    """Run jobs until cancelled, or until none is due.

    Args:
        up: called once jobs are being run.
        patience_seconds: how long to wait for a connection before giving up.

    Raises:
        ExceptionGroup: the queue cannot be reached, or a worker has stopped by itself.
    """
    wire_features()
    _say_outages_once()
    # The pool would try for a long time, and then not say why it cannot connect.
    async with await psycopg.AsyncConnection.connect(runtime_url, **LIVELINESS):
        pass
    connector = PsycopgConnector(
        conninfo=runtime_url, min_size=1, max_size=6, timeout=patience_seconds, kwargs=LIVELINESS
    )
    async with _opened(connector) as app, asyncio.TaskGroup() as group:
        tending = group.create_task(tend(app, up))
        used = jobs.Tools(database, settings)
        try:
            is_any_due = True
            while is_any_due:
                await _run_all(app, used, group, until_idle=until_idle)
                is_any_due = until_idle and await _is_any_due(app)
        finally:
            tending.cancel()


async def _run_all(app: App, tools: jobs.Tools, group: asyncio.TaskGroup, *, until_idle: bool) -> None:
    workers = {queue: _worker(app, queue, tools, until_idle=until_idle) for queue in CONCURRENCY}
    try:
        _heed_cancellation()
        await asyncio.wait([group.create_task(_run(worker, queue)) for queue, worker in workers.items()])
    finally:
        for worker in workers.values():
            worker.stop()  # type: ignore[no-untyped-call]


async def _is_any_due(app: App) -> bool:
    row = await app.connector.execute_query_one_async(_IS_ANY_DUE, queues=list(CONCURRENCY))
    return bool(row["is_any_due"])


@asynccontextmanager
async def _opened(connector: PsycopgConnector) -> AsyncIterator[App]:
    """The queue over this connector, which is closed, too, if this is cancelled while it opens."""
    try:
        async with jobs.app.with_connector(connector).open_async() as app:
            yield app
    finally:
        await connector.close_async()


def _worker(app: App, queue: str, tools: jobs.Tools, *, until_idle: bool) -> QueueWorker:
    return QueueWorker(
        app,
        queues=[queue],
        concurrency=CONCURRENCY[queue],
        wait=not until_idle,
        listen_notify=not until_idle,
        delete_jobs="successful",
        install_signal_handlers=False,
        shutdown_graceful_timeout=_GRACE_SECONDS,
        update_heartbeat_interval=_HEARTBEAT_SECONDS,
        stalled_worker_timeout=_DEAD_AFTER_SECONDS,
        additional_context={"tools": tools},
    )


async def _run(worker: QueueWorker, queue: str) -> None:
    await worker.run()  # type: ignore[no-untyped-call]
    _heed_cancellation()
    if worker.wait:
        raise WorkerStoppedError(f"the worker of the queue {queue} stopped by itself")


async def tend(app: App, up: Callable[[], None]) -> None:
    """Restart jobs whose worker died, every few seconds, and delete old failures, every minute; both also now."""
    for rounds in itertools.count():
        for job in await app.connector.execute_query_all_async(_RESTART, seconds=_DEAD_AFTER_SECONDS):
            _log.warning("job %s (%s): its worker died, so it is run again", job["id"], job["task_name"])
        if rounds % (_DELETE_SECONDS // _TEND_SECONDS) == 0:
            await app.job_manager.delete_old_jobs(nb_hours=_KEEP_FAILED_HOURS, include_failed=True)
        _heed_cancellation()
        up()
        await asyncio.sleep(_TEND_SECONDS)


def _heed_cancellation() -> None:
    """End this task if it was cancelled while it waited for a connection.

    The pool waits with asyncio.wait_for, which up to Python 3.11 forgets a cancellation that comes together with
    the connection. What is cancelled right after its start would run for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _say_outages_once() -> None:
    """Leave it to the supervisor and the Database to log that PostgreSQL is away; otherwise every task would.

    Nor does a job that looks again for its row say so each time: what matters is whether it is found at last.
    """
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    for name in ("procrastinate.worker.worker", "procrastinate.utils", "asyncio"):
        logging.getLogger(name).addFilter(_is_no_outage)


def _is_no_outage(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return error is None or (outage(error) is None and not isinstance(error, jobs.NotThereError))
