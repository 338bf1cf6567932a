"""PostgreSQL dies or is down while FlowPilot runs: everything continues afterwards, by itself."""

import asyncio
import logging
import os
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from queue import Queue

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from flowpilot import jobs
from flowpilot.app import create_app
from flowpilot.attachments.service import EXPIRE_JOB
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.connect import database as running
from flowpilot.db.embedded import embedded_postgres
from flowpilot.db.session import Database
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.settings import Settings
from flowpilot.supervisor import Supervisor
from flowpilot.worker import work
from tests.asgi import AppClient
from tests.cli.conftest import COMMAND
from tests.company import found_company, run
from tests.databases import copy_migrated, settings_of
from tests.db.conftest import fresh_data_dir
from tests.db.servers import kill, postmaster

_SOON_SECONDS = 60
_DONE = Queue[str]()
LISTENING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %%' AND usename = %s"


@jobs.app.task(name="tests.done")
async def done(mark: str) -> None:
    _DONE.put(mark)


async def jobs_are_done(database: Database) -> None:
    """Enqueue a job and wait until a worker has done it."""
    mark = str(new_id())
    async with database.write(None) as db:
        jobs.enqueue(db, "tests.done", mark=mark)
    # A job whose end could not be recorded runs again, and is heard of again.
    while await asyncio.to_thread(_DONE.get, timeout=_SOON_SECONDS) != mark:
        pass


async def another_process_does_a_job(database: Database) -> None:
    """The same for a job that does nothing, in a process without our jobs."""
    async with database.write(None) as db:
        jobs.enqueue(db, EXPIRE_JOB, account_id=new_id(), attachment_id=new_id())
    waits = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task")
    n = 1
    async with asyncio.timeout(_SOON_SECONDS):
        while n:
            async with database.read(None) as db:
                n = await db.scalar(waits, {"task": EXPIRE_JOB})


class Log(logging.Handler):
    """The lines of a log, as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Queue[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.put(self.format(record))

    def wait_for(self, *starts: str) -> None:
        """Return when a line with each of these beginnings has come."""
        missing = set(starts)
        while missing:
            line = self.lines.get(timeout=_SOON_SECONDS)
            missing -= {start for start in missing if line.startswith(start)}

    async def says(self, *starts: str) -> None:
        """The same, without blocking the event loop."""
        await asyncio.to_thread(self.wait_for, *starts)


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    logging.getLogger("flowpilot").addHandler(log)
    yield log
    logging.getLogger("flowpilot").removeHandler(log)


@pytest.fixture(scope="module")
def own_settings(run_directory: Path) -> Iterator[Settings]:
    with fresh_data_dir() as directory:
        copy_migrated(run_directory, directory)
        yield settings_of(directory)


@pytest.fixture(scope="module")
def own_urls(own_settings: Settings) -> Iterator[DatabaseUrls]:
    """A server of the test's own, which may be killed."""
    with running(own_settings) as urls:
        yield urls


@pytest.fixture
async def own_database(own_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(own_urls.runtime, pool_size=2)
    yield database
    await database.close()


def working(settings: Settings, urls: DatabaseUrls, database: Database) -> Supervisor:
    """A supervisor with a worker, both with short pauses."""
    supervisor = Supervisor(first_pause_seconds=0.01, longest_pause_seconds=0.1)
    supervisor.add("jobs", partial(work, settings, urls.runtime, database, patience_seconds=0.1))
    return supervisor


def test_a_killed_server_is_started_again_and_all_goes_on(
    own_settings: Settings, own_urls: DatabaseUrls, log: Log
) -> None:
    company = found_company(own_urls)
    app = create_app(own_settings, own_urls.runtime, with_worker=True, embedded_in=own_urls.embedded_in)
    with AppClient(app, raise_server_exceptions=False) as client:
        assert client.portal is not None
        client.portal.call(jobs_are_done, app.state.database)
        ask = partial(client.get, "/api/v1/ai-sessions", headers=company.headers())
        assert ask().status_code == 200
        kill(postmaster(own_settings.data_dir))
        assert ask().status_code == 503
        log.wait_for("postgresql: running again", "live_events: running again", "jobs: running again")
        assert ask().status_code == 200
        client.portal.call(jobs_are_done, app.state.database)
        assert client.get("/readyz").json() == {"status": "ready", "revision": newest_revision(), "down": []}


@pytest.mark.anyio
async def test_jobs_run_after_the_database_was_away_for_too_long(
    own_settings: Settings, own_urls: DatabaseUrls, own_database: Database, log: Log
) -> None:
    supervisor = working(own_settings, own_urls, own_database)
    async with supervisor.running():
        await jobs_are_done(own_database)
        kill(postmaster(own_settings.data_dir))
        await log.says("jobs: stopped")
        assert [down.name for down in supervisor.down()] == ["jobs"]
        with embedded_postgres(own_settings.data_dir):
            await log.says("jobs: running again")
            await jobs_are_done(own_database)
        assert supervisor.down() == []


@pytest.mark.anyio
async def test_a_worker_that_does_not_hear_of_new_jobs_is_started_again(
    own_settings: Settings, own_urls: DatabaseUrls, own_database: Database, log: Log
) -> None:
    """It would still poll every few seconds, but its heartbeat could be gone as well."""
    supervisor = working(own_settings, own_urls, own_database)
    with psycopg.connect(own_urls.owner, autocommit=True) as owner:
        runtime = psycopg.conninfo.conninfo_to_dict(own_urls.runtime)["user"]
        role = sql.Identifier(str(runtime))
        async with supervisor.running():
            await jobs_are_done(own_database)
            owner.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(role))
            for (pid,) in owner.execute(LISTENING, [runtime]).fetchall():
                owner.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
            await log.says("jobs: stopped")
            owner.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))
            await log.says("jobs: running again")
            await jobs_are_done(own_database)


def test_a_worker_of_its_own_outlives_its_database(own_settings: Settings, own_urls: DatabaseUrls) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "FLOWPILOT_DATA_DIR": str(own_settings.data_dir),
        "FLOWPILOT_SECRET_KEY": "s" * 32,
    }
    with subprocess.Popen([COMMAND, "worker"], env=environment, stderr=subprocess.PIPE, text=True) as process:
        enough = threading.Timer(_SOON_SECONDS, process.kill)
        enough.start()
        assert process.stderr is not None
        while (line := process.stderr.readline()) and not line.startswith("Waiting for jobs"):
            pass
        run(own_urls, another_process_does_a_job)
        kill(postmaster(own_settings.data_dir))
        missing = {"postgresql: running again", "jobs: running again"}
        while missing and (line := process.stderr.readline()):
            missing -= {start for start in missing if line.startswith(start)}
        run(own_urls, another_process_does_a_job)
        process.terminate()
        process.stderr.read()
        assert process.wait() == 0
        enough.cancel()
