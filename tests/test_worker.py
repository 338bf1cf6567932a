"""Jobs of a worker that died are run again soon, and those of one that lives are left to it."""

import asyncio

import psycopg
import pytest
from procrastinate import PsycopgConnector

from flowpilot.db.connect import DatabaseUrls
from flowpilot.jobs import app
from flowpilot.worker import tend

pytestmark = pytest.mark.anyio

_JOB = """
WITH worker AS (
    INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id
)
INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)
SELECT 'nobody works here', 'none', 'doing', id FROM worker RETURNING id
"""


@pytest.mark.parametrize(("silent_seconds", "status"), [(21, "todo"), (15, "doing")])
async def test_a_job_is_run_again_once_its_worker_was_silent_for_twenty_seconds(
    urls: DatabaseUrls, silent_seconds: int, status: str
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        (job,) = connection.execute(_JOB, [silent_seconds]).fetchone() or ()
        up = asyncio.Event()
        async with app.with_connector(PsycopgConnector(conninfo=urls.runtime)).open_async() as opened:
            tending = asyncio.create_task(tend(opened, up.set))
            async with asyncio.timeout(10):
                await up.wait()
            tending.cancel()
        query = "DELETE FROM procrastinate_jobs WHERE id = %s RETURNING status"
        assert connection.execute(query, [job]).fetchone() == (status,)
