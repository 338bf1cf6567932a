"""Where metrics are counted: in the memory of a process, or in files that all processes of one command add to."""

import os
import struct
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# How the gauges of several processes become one. Those of a process that has ended no longer count.
Together = Literal["livesum", "livemin", "livemostrecent"]

_ATTEMPTS = 5


class Registry(CollectorRegistry):
    """The metrics of one app; with a directory, `text` has those of all processes that count there."""

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__()
        self._directory = directory
        self._followed: list[tuple[Gauge, Callable[[], float]]] = []

    def follow_memory(self) -> None:
        """Have a gauge of the memory of this process."""
        self.follow("flowpilot_memory_bytes", "Resident memory of the server.", resident_bytes, "livesum")

    def follow(self, name: str, about: str, value: Callable[[], float], together: Together) -> None:
        """Have a gauge that shows what a function returns."""
        gauge = Gauge(name, about, registry=self, multiprocess_mode=together)
        if self._directory is None:
            gauge.set_function(value)
        else:
            self._followed.append((gauge, value))

    def refresh(self) -> None:
        """Write down what the followed functions return now, for the other processes to read."""
        for gauge, value in self._followed:
            gauge.set(value())

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        if self._directory is None:
            return generate_latest(self)
        self.refresh()
        return _sum_of(self._directory)


def resident_bytes() -> float:
    """How much memory this process has, what it shares with others included; NaN where nothing says so."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return nan
    return float(int(pages) * os.sysconf("SC_PAGE_SIZE"))


def count_in(directory: Path, process: str) -> None:
    """Have all metrics that are made from now on count in files of this directory.

    A process that goes on counting for one that has ended has the same name, so that no counter goes back.
    """
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    # The library decides when it is imported, from the environment; the process was forked from one that had it.
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]


def forget_gauges(directory: Path, process: str) -> None:
    """No longer count what a process that has ended had open."""
    mark_process_dead(process, str(directory))  # type: ignore[no-untyped-call]


def _sum_of(directory: Path) -> bytes:
    summed = CollectorRegistry()
    MultiProcessCollector(summed, str(directory))  # type: ignore[no-untyped-call]
    for _ in range(_ATTEMPTS - 1):
        try:
            return generate_latest(summed)
        except struct.error:
            # Another process has just created a file, which has no beginning yet.
            continue
    return generate_latest(summed)
