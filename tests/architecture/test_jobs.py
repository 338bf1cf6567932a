"""A job whose row is not there tries again, and ends with a word in the log: never silently."""

import inspect
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from procrastinate import JobContext
from procrastinate.jobs import Job

from flowpilot import jobs
from flowpilot.db.session import Database
from flowpilot.psa.postings.lanes import TURN_JOB
from flowpilot.settings import Settings
from flowpilot.worker import FEATURES_WITH_JOBS
from tests.company import Company

pytestmark = pytest.mark.anyio

# These are about no row that could be missing.
WITHOUT_ROW = {
    "attachments.expire": "it removes an upload, and is right when there is none",
    "flows.fill_meanings": "it fills in what is missing of an account",
    "flows.remove_files": "it removes files, and is right when there are none",
    "hours.recount": "it counts the times of an account",
    "imports.expire": "it removes an upload, and is right when there is none",
    "imports.expire_fetched": "it does nothing, and an earlier release has enqueued it",
}
TASKS = sorted(name for name, task in jobs.app.tasks.items() if task.func.__module__.startswith("flowpilot."))
# A lane's job without its lock only asks for a turn.
LOCKS = {TURN_JOB: "psa"}
LAST = 4


def context_of(database: Database, settings: Settings, task: str, attempts: int) -> JobContext:
    """What a worker calls the task with at that attempt."""
    job = Job(id=1, queue="none", lock=LOCKS.get(task), queueing_lock=None, task_name=task, attempts=attempts)
    tools = {"tools": jobs.Tools(database, settings)}
    return JobContext(
        app=jobs.app, job=job, start_timestamp=0, additional_context=tools, abort_reason=lambda: None
    )


async def run(company: Company, database: Database, settings: Settings, name: str, attempts: int) -> None:
    """Run a task for rows that nobody has ever seen."""
    task = jobs.app.tasks[name]
    given = {"account_id": str(company.id)}
    for parameter in list(inspect.signature(task.func).parameters.values())[1:]:
        if parameter.default is inspect.Parameter.empty and parameter.name not in given:
            is_time = parameter.name.endswith("_at")
            given[parameter.name] = datetime.now(UTC).isoformat() if is_time else str(uuid.uuid4())
    with_mail = settings.model_copy(update={"smtp_host": "127.0.0.1"})
    await task(context_of(database, with_mail, name, attempts), **given)


def test_the_exceptions_are_tasks() -> None:
    assert FEATURES_WITH_JOBS
    assert len(TASKS) > 20
    assert WITHOUT_ROW.keys() <= set(TASKS)


@pytest.mark.parametrize("name", [name for name in TASKS if name not in WITHOUT_ROW])
async def test_a_job_whose_row_is_missing_tries_again_and_then_says_so(
    company: Company, database: Database, settings: Settings, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    retry = jobs.app.tasks[name].retry_strategy
    for attempts in range(LAST):
        with pytest.raises(jobs.NotThereError) as raised:
            await run(company, database, settings, name, attempts)
        assert retry is not None
        before = datetime.now(UTC)
        again = retry.get_retry_exception(raised.value, context_of(database, settings, name, attempts).job)
        assert again is not None
        assert again.retry_decision.retry_at is not None
        wait = timedelta(seconds=4**attempts)
        assert before + wait <= again.retry_decision.retry_at <= datetime.now(UTC) + wait
    caplog.clear()
    await run(company, database, settings, name, LAST)
    assert f"({name}) has nothing to do" in caplog.text


@pytest.mark.parametrize("name", sorted(WITHOUT_ROW))
async def test_one_without_a_row_is_done(
    company: Company, database: Database, settings: Settings, name: str
) -> None:
    await run(company, database, settings, name, 0)
