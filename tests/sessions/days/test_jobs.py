"""The job that sums up days goes on by itself, less often while nothing happens, and once for each account."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.sessions.days.jobs import LONGEST, LOST, ROLL_JOB, begin_lost_rolls, begin_rolls, begin_rolls_of
from flowpilot.sessions.days.news import mark
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company, at

pytestmark = pytest.mark.anyio

CREATED = at("2026-06-15 12:00")


def _waiting(company: Company) -> list[tuple[datetime, int]]:
    found = company.query(
        "SELECT scheduled_at, (args ->> 'pause_seconds')::int FROM procrastinate_jobs"
        " WHERE status = 'todo' AND task_name = %s AND args ->> 'account_id' = %s",
        *(ROLL_JOB, str(company.id)),
    )
    return [(due.astimezone(UTC), pause) for due, pause in found]


def _due(company: Company) -> None:
    """The waiting job is due now, as it would be in a while."""
    company.query(
        "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = %s AND args ->> 'account_id' = %s"
        " RETURNING id",
        *(ROLL_JOB, str(company.id)),
    )


async def test_it_goes_on_and_slows_down(company: Company, settings: Settings, database: Database) -> None:
    company.add("ai_sessions", created_at=CREATED)
    with account_transaction(company.urls.runtime, company.id) as connection:
        mark(connection, company.id, [CREATED])
        begin_rolls_of(connection, company.id, now())
    pauses: list[Any] = []
    for _ in range(8):
        await work(settings, company.urls.runtime, database, until_idle=True)
        [(due, pause)] = _waiting(company)
        assert due <= now() + timedelta(seconds=pause)
        assert company.query("SELECT due_at FROM session_rolls") == [(due,)]
        pauses.append(pause)
        _due(company)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert pauses[-1] == LONGEST.total_seconds()
    assert company.query("SELECT kind_n FROM session_days") == [([1],)]
    assert company.query("SELECT day FROM session_news") == []


async def test_it_begins_once(company: Company, database: Database) -> None:
    for _ in range(2):
        async with database.write(company.id) as db:
            await begin_rolls(db, company.id, now())
        with account_transaction(company.urls.runtime, company.id) as connection:
            begin_rolls_of(connection, company.id, now())
    assert len(_waiting(company)) == 1


async def test_one_that_runs_twice_goes_on_once(company: Company, settings: Settings, database: Database) -> None:
    async with database.write(company.id) as db:
        await begin_rolls(db, company.id, now())
    company.query(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT queue_name, task_name, args"
        " FROM procrastinate_jobs WHERE task_name = %s AND args ->> 'account_id' = %s RETURNING id",
        *(ROLL_JOB, str(company.id)),
    )
    _due(company)
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert len(_waiting(company)) == 1


def _lose_the_job(company: Company) -> None:
    company.query(
        "DELETE FROM procrastinate_jobs WHERE task_name = %s AND args ->> 'account_id' = %s RETURNING id",
        *(ROLL_JOB, str(company.id)),
    )


async def test_one_whose_job_was_lost_begins_again(
    company: Company, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.write(company.id) as db:
        await begin_rolls(db, company.id, now() - LOST)
    _lose_the_job(company)
    for _ in range(2):
        async with database.write(company.id) as db:
            await begin_rolls(db, company.id, now())
    assert _waiting(company) == []
    async with database.write(company.id) as db:
        await begin_rolls(db, company.id, now() + timedelta(minutes=2))
    [(due, _)] = _waiting(company)
    assert company.query("SELECT due_at FROM session_rolls") == [(due,)]
    assert f"account {company.id} begin again" in caplog.text


def test_a_lost_job_is_enqueued_again_at_once(company: Company) -> None:
    def begin() -> bool:
        with account_transaction(company.urls.runtime, company.id) as connection:
            return begin_lost_rolls(connection, company.id, now())

    assert not begin(), "without a session there is nothing to sum up"
    company.add("ai_sessions", created_at=CREATED)
    assert [begin(), begin()] == [True, False]
    _lose_the_job(company)
    assert [begin(), begin()] == [True, False]
    assert len(_waiting(company)) == 1
    assert company.query("SELECT due_at FROM session_rolls") == [(_waiting(company)[0][0],)]


async def test_many_rows_wake_one_that_sleeps(company: Company, settings: Settings, database: Database) -> None:
    with account_transaction(company.urls.runtime, company.id) as connection:
        begin_rolls_of(connection, company.id, now() + LONGEST)
        begin_rolls_of(connection, company.id, now())
        begin_rolls_of(connection, company.id, now())
    sleeping, awake = sorted(_waiting(company), reverse=True)
    assert awake[0] <= now() < sleeping[0]
    _due(company)
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert len(_waiting(company)) == 1


async def test_what_marks_nothing_is_found_within_a_day(
    company: Company, settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    company.add("ai_sessions", created_at=CREATED)
    with account_transaction(company.urls.runtime, company.id) as connection:
        mark(connection, company.id, [CREATED])
        begin_rolls_of(connection, company.id, now())
    await work(settings, company.urls.runtime, database, until_idle=True)
    company.add("ai_sessions", created_at=CREATED)
    checks: list[timedelta] = []
    for is_due in (False, True, False):
        if is_due:
            company.query(
                "UPDATE procrastinate_jobs SET args = args || jsonb_build_object('check_at', %s::text)"
                " WHERE task_name = %s AND args ->> 'account_id' = %s RETURNING id",
                *(now().isoformat(), ROLL_JOB, str(company.id)),
            )
        _due(company)
        await work(settings, company.urls.runtime, database, until_idle=True)
        assert company.query("SELECT kind_n FROM session_days") == [([2] if checks else [1],)]
        [(check_at,)] = company.query(
            "SELECT (args ->> 'check_at')::timestamptz FROM procrastinate_jobs"
            " WHERE status = 'todo' AND task_name = %s AND args ->> 'account_id' = %s",
            *(ROLL_JOB, str(company.id)),
        )
        checks.append(check_at - now())
    hour, *days = checks
    assert timedelta(0) < hour <= timedelta(hours=1)
    assert all(timedelta(hours=1) < day <= timedelta(days=1) for day in days)
    assert f"the sums of 1 days of account {company.id} were wrong" in caplog.text
