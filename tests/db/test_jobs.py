"""A transaction's jobs are written with it: in their order, and not those of a savepoint that was undone."""

import pytest

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.jobs import enqueue
from tests.company import Company

pytestmark = pytest.mark.anyio

_MARKS = "SELECT args ->> 'mark' FROM procrastinate_jobs WHERE args ->> 'account_id' = %s ORDER BY id"


async def test_the_jobs_of_a_transaction_are_written_in_their_order(database: Database, company: Company) -> None:
    marks = [str(new_id()) for _ in range(3)]
    async with database.write(company.id) as db:
        for mark in marks:
            enqueue(db, "none", account_id=company.id, mark=mark, queue="nobody works here")
        savepoint = await db.begin_nested()
        enqueue(db, "none", account_id=company.id, mark="undone", queue="nobody works here")
        await savepoint.rollback()
    assert [mark for (mark,) in company.query(_MARKS, str(company.id))] == marks


async def test_a_transaction_that_fails_leaves_no_job(database: Database, company: Company) -> None:
    with pytest.raises(ZeroDivisionError):
        await _enqueue_and_fail(database, company)
    assert company.query(_MARKS, str(company.id)) == []


async def _enqueue_and_fail(database: Database, company: Company) -> None:
    async with database.write(company.id) as db:
        enqueue(db, "none", account_id=company.id, mark="lost", queue="nobody works here")
        raise ZeroDivisionError
