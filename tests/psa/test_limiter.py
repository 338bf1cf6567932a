"""One connection's requests, agreed on by processes that know nothing of each other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.psa.limiter import SharedLimiter
from flowpilot.psa.provider import UnavailableError
from tests.company import Company, at
from tests.psa.connections.rows import add_connection

pytestmark = pytest.mark.anyio

NOON = at("2026-06-15 12:00")
HOLD = timedelta(seconds=12)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


class MakeLimiter(Protocol):
    """Makes a limiter, with a pool of its own as each process has it."""

    def __call__(
        self, *, patience_seconds: float = 0, places: int = 2, hold: timedelta = HOLD
    ) -> SharedLimiter: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def limiter_of(
    urls: DatabaseUrls, company: Company, clock: Callable[[], datetime]
) -> AsyncIterator[MakeLimiter]:
    connection_id, pools = add_connection(company), []

    def make(*, patience_seconds: float = 0, places: int = 2, hold: timedelta = HOLD) -> SharedLimiter:
        pools.append(Database(urls.runtime, pool_size=2))
        patience = timedelta(seconds=patience_seconds)
        return SharedLimiter(pools[-1], company.id, connection_id, patience, places, hold, clock)

    yield make
    for pool in pools:
        await pool.close()


async def test_no_more_requests_are_open_than_the_connection_has_places(limiter_of: MakeLimiter) -> None:
    async with limiter_of().call(), limiter_of().call():
        with pytest.raises(UnavailableError, match="busy"):
            async with limiter_of().call():
                pass
    async with limiter_of().call():
        pass


async def test_a_call_waits_for_its_turn(limiter_of: MakeLimiter) -> None:
    first, second, order = limiter_of(places=1), limiter_of(places=1, patience_seconds=30), []

    async def wait() -> None:
        async with second.call():
            order.append("second")

    async with first.call():
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def test_a_place_whose_process_has_died_is_free_in_time(limiter_of: MakeLimiter, clock: Clock) -> None:
    async with AsyncExitStack() as died:
        await died.enter_async_context(limiter_of(places=1).call())
        clock.moment += HOLD - timedelta(seconds=1)
        with pytest.raises(UnavailableError):
            async with limiter_of(places=1).call():
                pass
        clock.moment += timedelta(seconds=1)
        async with limiter_of(places=1).call():
            pass


async def test_a_request_that_takes_long_keeps_its_place(
    limiter_of: MakeLimiter, clock: Clock, company: Company
) -> None:
    hold = timedelta(milliseconds=30)
    async with limiter_of(places=1, hold=hold).call():
        clock.moment = NOON + hold
        query = "SELECT count(*) FROM psa_call_slots WHERE busy_until = %s"
        while company.query(query, NOON + 2 * hold) == [(0,)]:  # noqa: ASYNC110 - the database does not say when
            await asyncio.sleep(0.01)
        with pytest.raises(UnavailableError):
            async with limiter_of(places=1).call():
                pass


async def test_a_request_that_took_too_long_does_not_give_back_what_another_has(
    limiter_of: MakeLimiter, clock: Clock
) -> None:
    slow = limiter_of(places=1).call()
    await slow.__aenter__()
    clock.moment += HOLD
    async with limiter_of(places=1).call():
        await slow.__aexit__(None, None, None)
        with pytest.raises(UnavailableError):
            async with limiter_of(places=1).call():
                pass


async def test_nobody_sends_a_request_while_the_ticket_system_wants_a_pause(
    limiter_of: MakeLimiter, clock: Clock
) -> None:
    resumes = NOON + timedelta(seconds=7)
    await limiter_of().rest_until(resumes)
    with pytest.raises(UnavailableError, match="pause") as refused:
        async with limiter_of(patience_seconds=6).call():
            pass
    assert refused.value.not_before == resumes
    clock.moment = resumes
    async with limiter_of().call():
        pass


async def test_a_shorter_pause_does_not_end_a_longer_one(limiter_of: MakeLimiter) -> None:
    limiter = limiter_of()
    await limiter.rest_until(NOON + timedelta(seconds=70))
    await limiter.rest_until(NOON + timedelta(seconds=7))
    with pytest.raises(UnavailableError) as refused:
        async with limiter.call():
            pass
    assert refused.value.not_before == NOON + timedelta(seconds=70)


async def test_another_connection_goes_on(limiter_of: MakeLimiter, urls: DatabaseUrls, neighbour: Company) -> None:
    await limiter_of().rest_until(NOON + timedelta(hours=1))
    database = Database(urls.runtime, pool_size=1)
    other = SharedLimiter(database, neighbour.id, add_connection(neighbour), timedelta(), 1, HOLD, lambda: NOON)
    async with other.call():
        pass
    await database.close()
