"""Statements that are built once answer like those that SQLAlchemy sends, within the same transaction."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, cast, event, func, insert, inspect, select, text, update
from sqlalchemy.exc import InvalidRequestError

from flowpilot.analytics.summed.planned import planned_once
from flowpilot.db.base import new_id
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database, Db
from flowpilot.db.statements.built import Built
from flowpilot.sessions.models import AISession
from tests.company import Company

_ONE = select(AISession).where(AISession.account_id == bindparam("account"), AISession.id == bindparam("id"))
ONE = Built(_ONE)
ONE_AGAIN = Built(_ONE, populate_existing=True)
LEAN = Built(_ONE, without=(AISession.problem_body,))
BOTH = Built(
    select(AISession, func.upper(AISession.problem_summary).label("loud"), AISession.problem_summary).where(
        AISession.account_id == bindparam("account")
    )
)
SOME = Built(
    select(AISession.id).where(
        AISession.account_id == bindparam("account"), AISession.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
RENAME = Built(
    update(AISession)
    .where(AISession.account_id == bindparam("account"))
    .values(problem_summary=bindparam("said"), removals=bindparam("removed"))
)


async def _session(database: Database, company: Company) -> uuid.UUID:
    session_id = new_id()
    async with database.write(company.id) as db:
        values = {"account_id": company.id, "id": session_id, "problem_summary": "Nothing prints"}
        await db.execute(insert(AISession).values(values))
    return session_id


@pytest.mark.anyio
async def test_an_entity_is_the_session_s_own(database: Database, company: Company) -> None:
    session_id = await _session(database, company)
    async with database.write(company.id) as db:
        found = await ONE.first(db, account=company.id, id=session_id)
        assert found is await db.scalar(_ONE, {"account": company.id, "id": session_id})
        assert found is await ONE.first(db, account=company.id, id=session_id)
        assert not db.dirty
        found.problem_summary = "It prints too much"
    async with database.read(company.id) as db:
        read = await db.get_one(AISession, (company.id, session_id))
        assert read.problem_summary == "It prints too much"
    async with database.read(company.id) as db:
        built = await ONE.first(db, account=company.id, id=session_id)
    names = [one.key for one in inspect(AISession).column_attrs if not one.deferred]
    assert [getattr(built, name) for name in names] == [getattr(read, name) for name in names]
    assert await _missing(database, company) is None


@pytest.mark.anyio
async def test_a_column_that_is_left_out_is_not_read(database: Database, company: Company) -> None:
    session_id = await _session(database, company)
    async with database.read(company.id) as db:
        found = await LEAN.first(db, account=company.id, id=session_id)
        assert inspect(found).unloaded >= {"problem_body"}
        await ONE.first(db, account=company.id, id=session_id)
        assert found.problem_body == ""


async def _missing(database: Database, company: Company) -> Any:
    async with database.read(company.id) as db:
        return await ONE.first(db, account=company.id, id=new_id())


@pytest.mark.anyio
async def test_what_waits_to_be_written_is_written_before(database: Database, company: Company) -> None:
    session_id = await _session(database, company)
    async with database.write(company.id) as db:
        (await ONE.first(db, account=company.id, id=session_id)).problem_summary = "It smells"
        [(found, loud, summary)] = await BOTH.all(db, account=company.id)
        assert (found.id, loud, summary) == (session_id, "IT SMELLS", "It smells")
        assert (await BOTH.first(db, account=company.id)).loud == loud


@pytest.mark.anyio
async def test_what_is_known_stays_unless_it_is_to_be_read_again(database: Database, company: Company) -> None:
    session_id = await _session(database, company)
    values = {"account": company.id, "id": session_id}
    async with database.write(company.id) as db:
        known = await ONE.first(db, **values)
        removed = [{"by": "Kim"}]
        await RENAME.send(db, {"account": company.id, "said": "It smells", "removed": removed})
        assert (await ONE.first(db, **values)).problem_summary == "Nothing prints"
        assert await ONE_AGAIN.first(db, **values) is known
        assert (known.problem_summary, known.removals) == ("It smells", removed)
        db.expire(known)
        assert (await ONE.first(db, **values)).problem_summary == "It smells"


@pytest.mark.anyio
async def test_a_list_is_one_parameter(database: Database, company: Company, neighbour: Company) -> None:
    mine, theirs = await _session(database, company), await _session(database, neighbour)
    async with database.read(company.id) as db:
        assert await SOME.all(db, account=company.id, ids=[mine, theirs]) == [(mine,)]
        assert await SOME.all(db, account=neighbour.id, ids=[mine, theirs]) == []  # Row security sees the account.


@pytest.mark.anyio
async def test_who_listens_to_the_engine_hears_them(database: Database, company: Company) -> None:
    heard: list[str] = []
    engine = database.engine.sync_engine
    for when in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, when, lambda _, __, statement, *___, when=when: heard.append(f"{when} {statement}"))
    async with database.read(company.id) as db:
        await SOME.all(db, account=company.id, ids=[])
    begun, begun_after, sent, sent_after, *_ = [said.split(" ", 2) for said in heard]
    assert [begun[1], sent[1]] == ["BEGIN", "SELECT"]
    assert [begun_after[1:], sent_after[1:]] == [begun[1:], sent[1:]]


@pytest.mark.anyio
async def test_its_failures_are_those_of_the_database(database: Database, company: Company) -> None:
    wrong = Built(select(cast(bindparam("said", type_=Text), Uuid)))
    with pytest.raises(psycopg.DataError):
        async with database.read(company.id) as db:
            await wrong.all(db, said="no id")
    slow = Built(select(text("pg_sleep(60)")))
    async with database.read(company.id) as db:
        await db.execute(text("SET LOCAL statement_timeout = 10"))
        with pytest.raises(psycopg.errors.QueryCanceled):
            await slow.all(db)
    end = Built(select(text("pg_terminate_backend(pg_backend_pid())")))
    with pytest.raises(DatabaseUnavailableError):
        async with database.read(company.id) as db:
            await end.all(db)
    async with database.read(company.id) as db:  # A new connection takes its place.
        assert await SOME.all(db, account=company.id, ids=[]) == []


@pytest.mark.anyio
async def test_a_connection_that_is_lost_is_one_line_in_the_log(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever it is lost: at a statement, at what asks whether it is kept, at the text that ends with COMMIT."""
    database = Database(company.urls.runtime, pool_size=1)
    works: list[Callable[[Db], Awaitable[Any]]] = [
        lambda db: SOME.all(db, account=company.id, ids=[]),
        lambda db: db.send_text("SELECT 1"),
        lambda db: planned_once(db, text("SELECT 1"), {}),
    ]

    async def lose_it(owner: psycopg.Connection, work: Callable[[Db], Awaitable[Any]]) -> None:
        async with database.write(company.id) as db:
            pid = await db.scalar(text("SELECT pg_backend_pid()"))
            owner.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
            await work(db)

    with psycopg.connect(company.urls.owner, autocommit=True) as owner:
        for work in (*works, *works):
            with pytest.raises(DatabaseUnavailableError):
                await lose_it(owner, work)
            async with database.write(company.id) as db:
                await work(db)
    await database.close()
    assert [record.name for record in caplog.records] == ["flowpilot.db.failures"]


@pytest.mark.anyio
async def test_what_a_connection_leaves_open_is_undone_when_it_is_returned(
    database: Database, company: Company
) -> None:
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(f"BEGIN; SET LOCAL app.account_id = '{company.id}'")
        await connection.exec_driver_sql(
            "INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)", (company.id, new_id())
        )
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
    assert driver is not None
    assert driver.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]


@pytest.mark.anyio
async def test_a_statement_that_is_cancelled_ends_as_cancelled(database: Database, company: Company) -> None:
    """The driver closes its connection then, on which nothing can be undone: that must not hide what happened."""
    sleeping = Built(select(func.pg_sleep(60).label("slept")))

    async def sleep() -> None:
        async with database.read(company.id) as db:
            await sleeping.all(db)

    def count() -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()"
        return int(company.query(query.replace("%", "%%"))[0][0])

    task = asyncio.create_task(sleep())
    while not count():  # noqa: ASYNC110 - Only the server knows.
        await asyncio.sleep(0.05)
    task.cancel()
    # The driver asks the server to end the statement, and is cancelled once more while it does.
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read(company.id) as db:
        assert await ONE.first(db, account=company.id, id=uuid.uuid4()) is None


@pytest.mark.anyio
async def test_a_savepoint_holds_what_is_sent_first_in_it(database: Database, company: Company) -> None:
    session_id = await _session(database, company)
    async with database.write(company.id) as db:
        await ONE.first(db, account=company.id, id=session_id)
        for _ in range(2):
            savepoint = await db.begin_nested()
            await RENAME.send(db, {"account": company.id, "said": "Gone again", "removed": []})
            await savepoint.rollback()
    assert company.query("SELECT problem_summary FROM ai_sessions") == [("Nothing prints",)]


@pytest.mark.anyio
async def test_after_its_transaction_has_ended_nothing_is_sent(database: Database, company: Company) -> None:
    """Its connection may be somebody else's by then, in another account."""
    async with database.read(company.id) as db:
        await ONE.first(db, account=company.id, id=uuid.uuid4())
        await db.rollback()
        with pytest.raises(InvalidRequestError, match="closed transaction"):
            await ONE.first(db, account=company.id, id=uuid.uuid4())
