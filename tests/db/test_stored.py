"""Whether anything was stored is known of all transactions of a task, and asked only if somebody wants to know."""

import asyncio

import pytest
from sqlalchemy import text

from flowpilot.db.announce import announce
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.last import do_last
from flowpilot.db.session import Database, Db
from flowpilot.db.stored import watch_what_is_stored
from tests.company import Company

ADD = text("INSERT INTO tree_categories (account_id, id, name) VALUES (:account, gen_random_uuid(), 'Printers')")


@pytest.mark.anyio
@pytest.mark.one_server
async def test_reads_and_announcements_store_nothing(urls: DatabaseUrls, company: Company) -> None:
    database = Database(urls.runtime)
    with watch_what_is_stored() as stored:
        async with database.write(company.id) as db:
            await db.scalar(
                text("SELECT count(*) FROM tree_categories WHERE account_id = :id"), {"id": company.id}
            )
            announce(db, company.id, "presence", company.id, "reading")
        async with database.write(None):
            pass
    assert not stored.has_stored
    await database.close()


@pytest.mark.anyio
async def test_what_is_stored_last_or_by_another_task_is_known(urls: DatabaseUrls, company: Company) -> None:
    database = Database(urls.runtime)

    async def add(db: Db) -> None:
        await db.execute(ADD, {"account": company.id})

    async def write() -> None:
        async with database.write(company.id) as db:
            do_last(db, add)

    with watch_what_is_stored() as stored:
        await asyncio.create_task(write())
        assert stored.has_stored
        async with database.write(company.id):
            pass
    assert stored.has_stored
    await database.close()


@pytest.mark.anyio
async def test_what_is_undone_is_not_stored(urls: DatabaseUrls, company: Company) -> None:
    database = Database(urls.runtime)

    async def fail() -> None:
        async with database.write(company.id) as db:
            await db.execute(ADD, {"account": company.id})
            raise RuntimeError

    with watch_what_is_stored() as stored, pytest.raises(RuntimeError):
        await fail()
    assert not stored.has_stored
    await database.close()


@pytest.mark.anyio
async def test_bulk_transactions_count_as_writes(urls: DatabaseUrls, company: Company) -> None:
    def copy() -> None:
        with account_transaction(urls.runtime, company.id):
            pass

    with watch_what_is_stored() as stored:
        await asyncio.to_thread(copy)
    assert stored.has_stored
