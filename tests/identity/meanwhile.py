"""Requests sent while another transaction is open."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2

from flowpilot.db.session import Database, Db
from tests.company import Company

Request = Callable[[], httpx2.Response]

_WAITING = (
    "SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('advisory', 'transactionid') "
    "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


async def sent_meanwhile(
    database: Database, company: Company, change: Callable[[Db], Awaitable[None]], request: Request
) -> httpx2.Response:
    """The answer to a request that meets a change made but not yet committed."""
    async with database.write(company.id) as db:
        await change(db)
        sent = asyncio.ensure_future(asyncio.to_thread(request))
        while not sent.done() and not company.query(_WAITING):
            await asyncio.wait({sent}, timeout=0.01)
    return await sent
