"""Background work is run again when it stops, with pauses that grow, and says so once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from flowpilot.supervisor import Down, Supervisor, Up

pytestmark = pytest.mark.anyio

AWAY = psycopg.OperationalError("connection refused")


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Scene:
    """A supervisor of one job, which follows its script and then waits to be cancelled."""

    def __init__(self) -> None:
        self.time = Time()
        self.registry = CollectorRegistry()
        self.supervisor = Supervisor(
            self.registry,
            first_pause_seconds=1,
            longest_pause_seconds=5,
            sleep=self.time.sleep,
            clock=lambda: self.time.now,
        )
        self.supervisor.add("jobs", self._work)
        self.acts = deque[Callable[[Up], None]]()
        self.is_played = asyncio.Event()

    async def play(self, *acts: Callable[[Up], None]) -> None:
        self.acts = deque(acts)
        async with self.supervisor.running(), asyncio.timeout(10):
            await self.is_played.wait()

    async def _work(self, up: Up) -> None:
        while self.acts:
            self.acts.popleft()(up)
        self.is_played.set()
        await asyncio.Event().wait()

    def metric(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"flowpilot_background_{name}", {"work": "jobs"})

    def fails(self, error: BaseException = AWAY, *, after: float | None = None) -> Callable[[Up], None]:
        """Fail: at once, or after it was up for so many seconds."""

        def act(up: Up) -> None:
            if after is not None:
                up()
                self.time.now += after
            raise error

        return act


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_the_pauses_grow_up_to_the_longest(scene: Scene) -> None:
    await scene.play(*[scene.fails()] * 5)
    assert scene.time.pauses == [1, 2, 4, 5, 5]


async def test_work_that_was_up_for_long_is_run_again_soon(scene: Scene) -> None:
    await scene.play(*[scene.fails()] * 3, scene.fails(after=5), scene.fails())
    assert scene.time.pauses == [1, 2, 4, 1, 2]


async def test_work_that_is_up_for_moments_only_is_not_run_again_all_the_time(scene: Scene) -> None:
    await scene.play(*[scene.fails(after=0.5)] * 4)
    assert scene.time.pauses == [1, 2, 4, 5]


async def test_an_outage_is_said_once_and_its_end(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    await scene.play(*[scene.fails()] * 5, scene.fails(after=60))
    assert [record.getMessage() for record in caplog.records] == [
        "jobs: stopped, and will be restarted until it runs: connection refused",
        "jobs: running again after 17.0 s",
        "jobs: stopped, and will be restarted until it runs: connection refused",
    ]
    assert [record.exc_info for record in caplog.records] == [None] * 3


async def test_an_unexpected_error_has_its_traceback(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    error = ExceptionGroup("both", [AWAY, ZeroDivisionError("a fault of ours")])
    await scene.play(scene.fails(error))
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_what_is_down_is_known_and_counted(scene: Scene) -> None:
    await scene.play(scene.fails(after=60), scene.fails(), scene.fails())
    assert scene.supervisor.down() == [Down("jobs", 1 + 2 + 4)]
    assert (scene.metric("up"), scene.metric("failures_total")) == (0, 3)


async def test_what_runs_is_not_down(scene: Scene) -> None:
    await scene.play(scene.fails(), lambda up: up())
    assert scene.supervisor.down() == []
    assert (scene.metric("up"), scene.metric("failures_total")) == (1, 1)


async def test_work_that_has_done_what_it_was_for_is_over(scene: Scene) -> None:
    async def done(_: Up) -> None:
        pass

    await scene.supervisor._keep("jobs", done)
    assert (scene.time.pauses, scene.metric("up")) == ([], 1)


async def test_work_that_was_cancelled_by_somebody_else_is_run_again(scene: Scene) -> None:
    await scene.play(scene.fails(asyncio.CancelledError()))
    assert scene.time.pauses == [1]


async def test_it_stops_where_work_makes_another_error_of_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = asyncio.Event()

    async def stubborn(up: Up) -> None:
        up()
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise AWAY

    supervisor = Supervisor(CollectorRegistry())
    supervisor.add("jobs", stubborn)
    with caplog.at_level(logging.DEBUG, "flowpilot"):
        async with supervisor.running(), asyncio.timeout(10):
            await started.wait()
    assert caplog.records == []
