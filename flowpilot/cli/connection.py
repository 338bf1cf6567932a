"""What commands share that work on the database."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import psycopg

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.demo.world import ACCOUNTS
from flowpilot.errors import NotFoundError
from flowpilot.identity.models import Account
from flowpilot.migrations.opening import database_as_it_is, migrated_database
from flowpilot.settings import get_settings

T = TypeVar("T")
Opened = AbstractContextManager[DatabaseUrls]


def new_database() -> Opened:
    """The database, migrated, and created if there is none. For commands that begin an installation."""
    return migrated_database(get_settings())


def open_database() -> Opened:
    """The existing database, migrated. For commands that change it."""
    return migrated_database(get_settings(), create=False)


def read_database() -> Opened:
    """The existing database, as it is. For commands that only read."""
    return database_as_it_is(get_settings())


def run(work: Callable[[Database], Awaitable[T]], opened: Callable[[], Opened] = open_database) -> T:
    """Run async work with one connection as the runtime role."""
    with opened() as urls:
        return asyncio.run(with_connections(urls.runtime, work, pool_size=1))


async def with_connections(url: str, work: Callable[[Database], Awaitable[T]], *, pool_size: int) -> T:
    """Do the work with a pool of connections of its own."""
    database = Database(url, pool_size=pool_size)
    try:
        return await work(database)
    finally:
        await database.close()


async def require_account(database: Database, account_id: uuid.UUID) -> Account:
    """The account with this id.

    Raises:
        NotFoundError: there is no such account.
    """
    async with database.read(account_id) as db:
        account = await db.get(Account, account_id)
    if account is None:
        raise NotFoundError(f"There is no account {account_id}. Create one with: flowpilot account create NAME")
    return account


def has_demo_accounts(owner_url: str) -> bool:
    """Whether the demo's accounts are in this database. Their password is public."""
    with psycopg.connect(owner_url) as connection:
        ids = [account.id for account in ACCOUNTS]
        return connection.execute("SELECT FROM accounts WHERE id = ANY(%s)", [ids]).rowcount > 0
