"""The job that sums up days goes on by itself, less often while nothing happens, and once for each account."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.sessions.days.jobs import LONGEST, ROLL_JOB, begin_rolls, begin_rolls_of
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
