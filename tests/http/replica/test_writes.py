"""Who has written is known for some seconds, to all servers that share a Redis."""

import pytest

from flowpilot.db.base import new_id
from flowpilot.http.replica.writes import LateWriters


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


@pytest.mark.anyio
async def test_a_writer_is_known_for_so_many_seconds_after_their_last_write() -> None:
    clock, writer = Clock(), new_id()
    writers = LateWriters("memory://", seconds=6, clock=clock)
    assert not await writers.includes(writer)
    await writers.note(writer)
    clock.moment = 5
    await writers.note(writer)
    clock.moment = 10.9
    assert await writers.includes(writer)
    assert not await writers.includes(new_id())
    clock.moment = 11
    assert not await writers.includes(writer)


@pytest.mark.anyio
async def test_those_of_long_ago_take_no_memory() -> None:
    clock = Clock()
    writers = LateWriters("memory://", seconds=6, clock=clock)
    for _ in range(20_000):
        clock.moment += 1
        await writers.note(new_id())
    assert len(writers._until) <= 10_000


@pytest.mark.anyio
async def test_servers_know_of_each_other_s_writers(redis_url: str) -> None:
    writer = new_id()
    here, there = LateWriters(redis_url, seconds=60), LateWriters(redis_url, seconds=60)
    assert not await there.includes(writer)
    await here.note(writer)
    assert await there.includes(writer)
    assert not await there.includes(new_id())
    for writers in (here, there):
        await writers.close()


@pytest.mark.anyio
async def test_without_its_redis_everybody_may_have_written(caplog: pytest.LogCaptureFixture) -> None:
    writers = LateWriters("redis://127.0.0.1:1", seconds=6)
    await writers.note(new_id())
    assert await writers.includes(new_id())
    assert len([line for line in caplog.messages if line.startswith("replica: ")]) == 1
    await writers.close()
