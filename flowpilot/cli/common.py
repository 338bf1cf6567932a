"""What the commands share: output, errors, and a database in one account."""

import asyncio
import json
import sys
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.errors import NotFoundError
from flowpilot.identity.models import Account
from flowpilot.migrations.opening import database_as_it_is, migrated_database
from flowpilot.settings import get_settings

EXIT_FAILED = 1
EXIT_USAGE = 2

T = TypeVar("T")
Opened = AbstractContextManager[DatabaseUrls]


@dataclass
class _State:
    debug: bool = False


state = _State()
errors = Console(stderr=True, highlight=False)

AccountOption = Annotated[uuid.UUID, typer.Option("--account", help="The account's id.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print an object instead of the bare id.")]


def fail(sentence: str) -> None:
    """Print an error on stderr, as one sentence."""
    errors.print("[bold red]error:[/]", Text(" ".join(sentence.split())), soft_wrap=True)


def new_database() -> Opened:
    """The database, migrated, and made where there is none. For what an installation begins with."""
    return migrated_database(get_settings())


def open_database() -> Opened:
    """The database that is there, migrated. For what changes it."""
    return migrated_database(get_settings(), create=False)


def read_database() -> Opened:
    """The database that is there, as it is. For what only reads."""
    return database_as_it_is(get_settings())


def run(work: Callable[[Database], Awaitable[T]], opened: Callable[[], Opened] = open_database) -> T:
    """Run async work with a connection of the runtime role's."""
    with opened() as urls:
        return asyncio.run(with_connections(urls.runtime, work, pool_size=1))


async def with_connections(url: str, work: Callable[[Database], Awaitable[T]], *, pool_size: int) -> T:
    """Do the work with connections of its own, and give them back."""
    database = Database(url, pool_size=pool_size)
    try:
        return await work(database)
    finally:
        await database.close()


async def require_account(database: Database, account_id: uuid.UUID) -> Account:
    """The account with this id.

    Raises:
        NotFoundError: there is none.
    """
    async with database.read(account_id) as db:
        account = await db.get(Account, account_id)
    if account is None:
        raise NotFoundError(f"There is no account {account_id}. Create one with: flowpilot account create NAME")
    return account


def print_created(as_json: bool, bare: str, **facts: Any) -> None:
    """Print what was created, for a script: the bare value alone, or an object."""
    sys.stdout.write((json.dumps(facts, default=str) if as_json else bare) + "\n")
