"""Requests and jobs that meet another transaction, which is open."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import httpx2

from flowpilot.db.session import Database, Db
from tests.company import Company

T = TypeVar("T")
Request = Callable[[], httpx2.Response]

_WAITING = (
    "SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('advisory', 'transactionid') "
    "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


async def sent_meanwhile(
    database: Database, company: Company, change: Callable[[Db], Awaitable[None]], request: Request
) -> httpx2.Response:
    """The answer to a request that meets a change made but not yet committed."""
    return await done_meanwhile(database, company, change, lambda: asyncio.to_thread(request))


async def done_meanwhile(
    database: Database,
    company: Company,
    change: Callable[[Db], Awaitable[object]],
    work: Callable[[], Coroutine[Any, Any, T]],
) -> T:
    """What work comes to that meets a change made but not yet committed."""
    async with database.write(company.id) as db:
        await change(db)
        begun = asyncio.ensure_future(work())
        while not begun.done() and not company.query(_WAITING):
            await asyncio.wait({begun}, timeout=0.01)
    return await begun
