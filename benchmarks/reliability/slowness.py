"""What a step and the end of a session cost beside a ticket system that is down, and without any."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.reliability.caller import Caller
from benchmarks.reliability.desks import TARGETS
from benchmarks.reliability.server import killed_server
from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.company import found_company
from tests.psa.proxy import proxy_to

_WARM_UP = 10


@dataclass(frozen=True)
class Slowness:
    """Milliseconds of requests, by what they do: with a ticket system that is down, and with none."""

    down: dict[str, list[float]] = field(default_factory=lambda: {"step": [], "resolve": []})
    none: dict[str, list[float]] = field(default_factory=lambda: {"step": [], "resolve": []})

    def medians(self, what: str) -> tuple[float, float]:
        """The p50 of both."""
        return float(np.median(self.down[what])), float(np.median(self.none[what]))


def measure_slowness(settings: Settings, urls: DatabaseUrls, rounds: int) -> Slowness:
    """Time both accounts in turn, so that a noisy moment of the machine affects both."""
    slowness = Slowness()
    with (
        TARGETS["connectwise"]() as target,
        proxy_to(target.system.port) as proxy,
        killed_server(settings.data_dir) as server,
    ):
        connected, alone = (Caller(server.address, found_company(urls)) for _ in range(2))
        connected.connect(target, proxy.url)
        proxy.is_down = True
        for number in range(_WARM_UP + rounds):
            for caller, timings in ((connected, slowness.down), (alone, slowness.none)):
                taken = _session(caller)
                for what, milliseconds in taken.items() if number >= _WARM_UP else ():
                    timings[what].append(milliseconds)
    return slowness


def _session(caller: Caller) -> dict[str, float]:
    session = caller.start("4711")
    return {
        "step": _timed(lambda: caller.note(session, "Looked at the fuse.")),
        "resolve": _timed(lambda: caller.resolve(session, "A new fuse.")),
    }


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)
