"""The worker: runs the jobs of every feature, inside a server or as a process of its own."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from flowpilot import jobs
from flowpilot.db.session import Database
from flowpilot.handoffs import jobs as handoff_jobs
from flowpilot.handoffs.following import follow_sessions
from flowpilot.handoffs.notify import jobs as notify_jobs
from flowpilot.sessions import jobs as session_jobs
from flowpilot.settings import Settings

# Their tasks are registered as they are imported.
FEATURES_WITH_JOBS = (session_jobs, handoff_jobs, notify_jobs)

# How many jobs run at once. A receiver or an AI that takes its time holds up nobody's lease.
CONCURRENCY = {jobs.DEFAULT_QUEUE: 4, jobs.DELIVERY_QUEUE: 8, jobs.COPILOT_QUEUE: 2}
_GRACE_SECONDS = 5
_TEND_SECONDS = 60
_KEEP_FAILED_HOURS = 24 * 30

_log = logging.getLogger(__name__)


async def work(settings: Settings, runtime_url: str, database: Database, *, until_idle: bool = False) -> None:
    """Run jobs until cancelled, or until none is due."""
    follow_sessions()
    connector = PsycopgConnector(conninfo=runtime_url, min_size=1, max_size=6)
    async with jobs.app.with_connector(connector).open_async() as app:
        tending = asyncio.create_task(_tend(app))
        try:
            async with asyncio.TaskGroup() as workers:
                for queue, concurrency in CONCURRENCY.items():
                    workers.create_task(
                        app.run_worker_async(
                            queues=[queue],
                            concurrency=concurrency,
                            wait=not until_idle,
                            listen_notify=not until_idle,
                            delete_jobs="successful",
                            install_signal_handlers=False,
                            shutdown_graceful_timeout=_GRACE_SECONDS,
                            additional_context={"tools": jobs.Tools(database, settings)},
                        )
                    )
        finally:
            tending.cancel()


async def _tend(app: App) -> None:
    """Put jobs back whose worker died in the middle of them, and forget old failures, now and every minute."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs():
                _log.warning("job %s (%s) is run again: its worker died", job.id, job.task_name)
                await app.job_manager.retry_job(job)
            await app.job_manager.delete_old_jobs(nb_hours=_KEEP_FAILED_HOURS, include_failed=True)
        except ConnectorException:
            _log.exception("the jobs could not be looked through; they will be in a minute")
        await asyncio.sleep(_TEND_SECONDS)


@asynccontextmanager
async def worker(settings: Settings, runtime_url: str, database: Database) -> AsyncIterator[None]:
    """Run jobs for as long as the context lasts."""
    task = asyncio.create_task(work(settings, runtime_url, database))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
