"""PostgreSQL keeps the plans of statements that are built once, where it is PostgreSQL that answers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import BigInteger, Integer, Text, Uuid, bindparam, cast, column, func, select, table, text

from flowpilot.db.base import new_id
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database, ReadDb
from flowpilot.db.statements import kept
from flowpilot.db.statements.built import Built
from flowpilot.sessions.models import AISession
from tests.company import Company

ONE = Built(
    select(AISession.id).where(AISession.account_id == bindparam("account"), AISession.id == bindparam("id"))
)
LARGE = Built(select((bindparam("number", type_=BigInteger) + 1).label("next")))
AS_ID = Built(select(cast(bindparam("said", type_=Text), Uuid).label("id")))
SLEEPING = Built(select(func.pg_sleep(bindparam("seconds", type_=Integer)).label("slept")))
SEEN = Built(select(column("said")).select_from(table("seen")))

_KEPT = text("SELECT generic_plans + custom_plans FROM pg_prepared_statements ORDER BY prepare_time")


@pytest.fixture
async def single(company: Company) -> AsyncIterator[Database]:
    """A database with one connection."""
    database = Database(company.urls.runtime, pool_size=1)
    yield database
    await database.close()


async def _run(database: Database, company: Company) -> list[int]:
    """How often each statement that is kept has been run, after two more runs of one."""
    async with database.read(company.id) as db:
        for _ in range(2):
            assert await ONE.first(db, account=company.id, id=new_id()) is None
        return await _kept(db)


async def _kept(db: ReadDb) -> list[int]:
    return list(await db.scalars(_KEPT))


@pytest.mark.anyio
@pytest.mark.one_server
async def test_it_is_kept_from_one_transaction_to_the_next(single: Database, company: Company) -> None:
    assert await _run(single, company) == [2]
    assert await _run(single, company) == [4]


@pytest.mark.anyio
@pytest.mark.one_server
async def test_what_others_send_is_planned_for_its_values(single: Database, company: Company) -> None:
    async with single.read(company.id) as db:
        for _ in range(7):
            await ONE.first(db, account=company.id, id=new_id())
            await db.scalar(select(AISession.id).where(AISession.account_id == company.id))
        assert await _kept(db) == [7]


@pytest.mark.anyio
async def test_a_pooler_between_keeps_nothing(
    single: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_IS_KEPT", "SELECT %s IS NULL")
    assert await _run(single, company) == []


@pytest.mark.anyio
@pytest.mark.one_server
async def test_what_is_lost_changes_nothing_and_is_prepared_no_more(
    single: Database, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """What a pooler does to a statement that it does not know, if nothing shows that it is one."""

    async def work() -> None:
        async with single.write(company.id) as db:
            await ONE.first(db, account=company.id, id=new_id())
            db.add(AISession(account_id=company.id, id=new_id()))
            await db.flush()
            await db.execute(text("DEALLOCATE ALL"))
            await ONE.first(db, account=company.id, id=new_id())

    with pytest.raises(DatabaseUnavailableError) as refused:
        await work()
    assert refused.value.__cause__ is not None
    assert isinstance(refused.value.__cause__.__cause__, psycopg.errors.InvalidSqlStatementName)
    (line,) = caplog.messages
    assert line.startswith(
        "database-unavailable (1 since the last such line): what was kept of a statement is lost"
    )
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]
    assert await _run(single, company) == []


@pytest.mark.anyio
@pytest.mark.one_server
async def test_what_is_lost_in_a_savepoint_ends_the_whole_transaction(single: Database, company: Company) -> None:
    async def work() -> None:
        async with single.write(company.id) as db:
            await ONE.first(db, account=company.id, id=new_id())
            async with db.begin_nested():
                await db.execute(text("DEALLOCATE ALL"))
                await ONE.first(db, account=company.id, id=new_id())

    with pytest.raises(DatabaseUnavailableError):
        await work()
    assert await _run(single, company) == []


@pytest.mark.anyio
@pytest.mark.one_server
async def test_after_a_migration_a_new_connection_takes_its_place(single: Database, company: Company) -> None:
    async with single.write(company.id) as db:
        await db.execute(text("CREATE TEMPORARY TABLE seen (said integer)"))
        assert await SEEN.all(db) == []
    async with single.write(company.id) as db:
        await db.execute(text("ALTER TABLE seen ALTER said TYPE text"))
    with pytest.raises(DatabaseUnavailableError):
        async with single.read(company.id) as db:
            await SEEN.all(db)
    assert await _run(single, company) == [2]


@pytest.mark.anyio
async def test_one_that_fails_is_run_again_with_other_values(single: Database, company: Company) -> None:
    said = new_id()
    async with single.write(company.id) as db:
        for _ in range(3):
            savepoint = await db.begin_nested()
            with pytest.raises(psycopg.DataError):
                await AS_ID.first(db, said="no id")
            await savepoint.rollback()
            assert (await AS_ID.first(db, said=str(said))).id == said


@pytest.mark.anyio
async def test_any_values_are_answered(single: Database, company: Company) -> None:
    """The driver says other types for small numbers than for large ones, and none for nothing."""
    numbers: list[Any] = [1, 2**20, 2**40, None, -1]
    async with single.read(company.id) as db:
        answers = [(await LARGE.first(db, number=number)).next for number in numbers * 7]
    assert answers == [None if number is None else number + 1 for number in numbers] * 7


async def _asleep(company: Company) -> None:
    """Wait until a statement sleeps."""
    sleepers = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while company.query(sleepers) == [(0,)]:  # noqa: ASYNC110 - Only the server knows.
        await asyncio.sleep(0.05)


@pytest.mark.anyio
@pytest.mark.one_server
async def test_to_find_out_whether_it_is_kept_may_be_cancelled(
    single: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_IS_KEPT", "SELECT pg_sleep(60) IS NULL OR %s IS NULL")
    task = asyncio.create_task(_run(single, company))
    await _asleep(company)
    task.cancel()
    # The driver asks the server to end the statement, and is cancelled once more while it does.
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    assert await _run(single, company) == [2]


@pytest.mark.anyio
async def test_one_that_is_cancelled_is_known_no_more(single: Database, company: Company) -> None:
    async with single.read(company.id) as db:
        await SLEEPING.first(db, seconds=0)

    async def sleep() -> None:
        async with single.read(company.id) as db:
            await SLEEPING.first(db, seconds=60)

    task = asyncio.create_task(sleep())
    await _asleep(company)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with single.read(company.id) as db:
        assert (await SLEEPING.first(db, seconds=0)).slept is not None
