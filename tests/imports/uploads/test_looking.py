"""No account's heavy file stops the looks of others."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from flowpilot.imports.reading.limits import PreviewLimit
from flowpilot.imports.uploads.looking import PreviewsBusyError, Turns, in_thread

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
LONG = 600.0
pytestmark = pytest.mark.anyio


async def test_an_account_looks_at_one_file_at_a_time_and_others_need_not_wait() -> None:
    turns = Turns(LONG)
    order: list[str] = []

    async def second() -> None:
        async with turns.one(ONE):
            order.append("second")

    async with turns.one(ONE):
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
        async with turns.one(OTHER):
            order.append("other")
    await waiting
    assert order == ["other", "second"]


async def test_who_waits_too_long_is_told_so() -> None:
    turns = Turns(0)
    async with turns.one(ONE):
        with pytest.raises(PreviewsBusyError, match="open the page again in a minute"):
            async with turns.one(ONE):
                pass
    async with turns.one(ONE):
        pass


async def test_a_look_that_gets_no_thread_in_time_is_given_up() -> None:
    go = Event()
    done: list[PreviewLimit] = []
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(go.wait)
        with pytest.raises(PreviewsBusyError):
            await in_thread(threads, 0, done.append)
        go.set()
        assert busy.result()
        assert await in_thread(threads, LONG, lambda limit: limit.most_rows) == 20_000
    assert done == []


async def test_a_look_that_nobody_waits_for_any_more_is_stopped_and_frees_its_thread() -> None:
    began, ended = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def look(limit: PreviewLimit) -> None:
        loop.call_soon_threadsafe(began.set)
        try:
            while True:
                limit.check()
        finally:
            ended.set()

    with ThreadPoolExecutor(1) as threads:
        waiting = asyncio.create_task(in_thread(threads, LONG, look))
        await began.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.is_set()
