"""Background work of a process: it is restarted when it stops, and what is down is known."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from flowpilot.db.failures import expected_reason

Up = Callable[[], None]
Work = Callable[[Up], Coroutine[Any, Any, None]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Down:
    """Background work that has stopped and is being restarted."""

    name: str
    seconds: float


class Supervisor:
    """Runs background work for as long as its process does.

    Work is a function that runs until it is cancelled, and calls the `up` it is given once it really works.
    Work that raises is restarted after a pause, which doubles until the work stays up. Work that returns is
    finished.
    """

    def __init__(
        self,
        registry: CollectorRegistry | None = None,
        *,
        first_pause_seconds: float = 0.1,
        longest_pause_seconds: float = 5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first_pause, self._longest_pause = first_pause_seconds, longest_pause_seconds
        self._sleep, self._clock = sleep, clock
        self._work = dict[str, Work]()
        self._up_since = dict[str, float]()
        self._down_since = dict[str, float]()
        self._up = Gauge(
            "flowpilot_background_up",
            "1 while this work runs, 0 while it does not.",
            ["work"],
            registry=registry,
            # Of several processes: 0 while it does not run in one of them.
            multiprocess_mode="livemin",
        )
        self._failures = Counter(
            "flowpilot_background_failures", "How often this work stopped.", ["work"], registry=registry
        )

    def add(self, name: str, work: Work) -> None:
        """Add work, to be done while `running`."""
        self._work[name] = work
        self._up.labels(name).set(0)
        self._failures.labels(name)

    def down(self) -> list[Down]:
        """The work that has failed and is not running again yet."""
        return [Down(name, self._clock() - since) for name, since in self._down_since.items()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all the work for as long as the context lasts."""
        tasks = [asyncio.create_task(self._keep(name, work), name=name) for name, work in self._work.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, work: Work) -> None:
        pause = 0.0
        while True:
            error = await _attempt(work(partial(self._is_up, name)))
            if error is None:
                self._is_up(name)
                return
            longer = 0 if self._was_steady(name) else 2 * pause
            pause = min(longer or self._first_pause, self._longest_pause)
            self._has_failed(name, error)
            await self._sleep(pause)

    def _was_steady(self, name: str) -> bool:
        """Whether it was up for so long that this is a new failure."""
        since = self._up_since.pop(name, None)
        return since is not None and self._clock() - since >= self._longest_pause

    def _is_up(self, name: str) -> None:
        self._up.labels(name).set(1)
        self._up_since.setdefault(name, self._clock())
        since = self._down_since.pop(name, None)
        if since is not None:
            _log.warning("%s: running again after %.1f s", name, self._clock() - since)

    def _has_failed(self, name: str, error: BaseException) -> None:
        """Record the failure, and log it once: work that fails again before it was up is in the same outage."""
        self._up.labels(name).set(0)
        self._failures.labels(name).inc()
        if name not in self._down_since:
            self._down_since[name] = self._clock()
            reason = expected_reason(error)
            _log.warning(
                "%s: stopped, and will be restarted until it runs: %s",
                name,
                reason or repr(error),
                exc_info=None if reason else error,
            )


async def _attempt(work: Coroutine[Any, Any, None]) -> BaseException | None:
    """Do the work once, and return why it failed. In a task of its own, a cancellation inside it is not ours."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
        [error] = await asyncio.gather(task, return_exceptions=True)
    return error
