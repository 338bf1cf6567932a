"""How far an export or a removal has come."""

from collections.abc import Callable
from dataclasses import dataclass

# A phase in words, and how much of it is done: from 0 to 1.
OnProgress = Callable[[str, float], None]


@dataclass(slots=True)
class Counter:
    """Counts what is done of a phase, and reports each per cent once."""

    phase: str
    total: int
    on_progress: OnProgress
    done: int = 0
    _percent: int = -1

    def add(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        percent = min(100, 100 * self.done // self.total) if self.total else 100
        if percent != self._percent:
            self._percent = percent
            self.on_progress(self.phase, percent / 100)
