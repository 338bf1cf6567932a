"""Jobs of a worker that died are run again soon, and a lane goes on as soon as its job has ended."""

import asyncio
import uuid

import psycopg
import pytest
from procrastinate import App, JobContext, PsycopgConnector

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.jobs import DEFAULT_QUEUE, PSA_QUEUE, app, enqueue, tools
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.settings import Settings
from flowpilot.worker import QueueWorker, tend, work
from tests.company import Company

pytestmark = pytest.mark.anyio

_JOB = """
WITH worker AS (
    INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id
)
INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)
SELECT 'nobody works here', 'none', 'doing', id FROM worker RETURNING id
"""


async def _tend_once(*apps: App) -> None:
    """Several processes tend at once, until each has gone round once."""
    ups = [asyncio.Event() for _ in apps]
    async with asyncio.TaskGroup() as group:
        tending = [group.create_task(tend(app, up.set)) for app, up in zip(apps, ups, strict=True)]
        async with asyncio.timeout(10):
            for up in ups:
                await up.wait()
        for task in tending:
            task.cancel()


@pytest.mark.parametrize(("silent_seconds", "status"), [(21, "todo"), (15, "doing")])
async def test_a_job_is_run_again_once_its_worker_was_silent_for_twenty_seconds(
    urls: DatabaseUrls, silent_seconds: int, status: str
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        (job,) = connection.execute(_JOB, [silent_seconds]).fetchone() or ()
        async with app.with_connector(PsycopgConnector(conninfo=urls.runtime)).open_async() as opened:
            await _tend_once(opened)
        query = "DELETE FROM procrastinate_jobs WHERE id = %s RETURNING status"
        assert connection.execute(query, [job]).fetchone() == (status,)


async def test_of_several_processes_one_restarts_a_job(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        jobs = {(connection.execute(_JOB, [21]).fetchone() or ())[0] for _ in range(20)}
        async with app.with_connector(PsycopgConnector(conninfo=urls.runtime)).open_async() as opened:
            await _tend_once(*[opened] * 4)
        query = "DELETE FROM procrastinate_jobs WHERE id = ANY(%s) RETURNING status, attempts"
        assert connection.execute(query, [list(jobs)]).fetchall() == [("todo", 1)] * 20


async def test_what_waits_for_a_lock_runs_as_soon_as_it_is_free(urls: DatabaseUrls) -> None:
    lane, ran, both_ran = App(connector=PsycopgConnector(conninfo=urls.runtime)), [], asyncio.Event()

    @lane.task(name="in a lane", queue="a lane", lock="a lane")
    async def job(number: int) -> None:
        ran.append(number)
        if number == 2:
            both_ran.set()

    async with lane.open_async():
        for number in (1, 2):
            await job.defer_async(number=number)
        # It would look for jobs by itself after an hour.
        worker = QueueWorker(
            lane,
            queues=["a lane"],
            concurrency=2,
            fetch_job_polling_interval=3600,
            listen_notify=False,
            delete_jobs="always",
            install_signal_handlers=False,
        )
        working = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        async with asyncio.timeout(30):
            await both_ran.wait()
        worker.stop()  # type: ignore[no-untyped-call]
        await working
    assert ran == [1, 2]


_ran: list[str] = []


@app.task(name="tests.first", queue=DEFAULT_QUEUE, pass_context=True)
async def first(context: JobContext, account_id: str) -> None:
    """It enqueues the second once the workers of the other queues have found nothing to do."""
    await asyncio.sleep(1)
    _ran.append("first")
    async with tools(context).database.write(uuid.UUID(account_id)) as db:
        enqueue(db, "tests.second")


@app.task(name="tests.second", queue=PSA_QUEUE)
async def second() -> None:
    """It is enqueued for a queue that has no worker any more."""
    _ran.append("second")


async def test_until_idle_means_until_no_queue_has_anything_due(
    company: Company, settings: Settings, database: Database
) -> None:
    async with database.write(company.id) as db:
        enqueue(db, "tests.first", account_id=company.id)
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert _ran == ["first", "second"]


async def test_work_that_is_cancelled_right_after_its_start_ends(
    company: Company, settings: Settings, urls: DatabaseUrls, database: Database
) -> None:
    """It lasted for ever now and then: a cancellation is lost that comes together with a connection."""
    for _ in range(5):
        async with database.write(company.id) as db:
            for _ in range(3):
                await give_turn(db, company.id, new_id())
        up = asyncio.Event()
        working = asyncio.create_task(work(settings, urls.runtime, database, up.set))
        await up.wait()
        working.cancel()
        await asyncio.wait([working], timeout=20)
        assert working.done()
        # What the queue was asked at that moment may have failed with its connection.
        if not working.cancelled():
            assert isinstance(working.exception(), ExceptionGroup)
