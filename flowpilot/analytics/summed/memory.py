"""What a server process remembers of days, and of what it has computed from them.

A day that is made again has another version, by which it is found, so nothing here is ever out of date. It is
numbers and ids, and no words, so there is nothing that a removal must forget.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, TypeVar

# For all accounts together, and which part of it the days of one report may take.
MOST_BYTES = 64 * 2**20
_PART_OF_DAYS = 2

Key = tuple[uuid.UUID, str, bytes]
Day = TypeVar("Day")
Kept = TypeVar("Kept")


class Memory:
    """What was used last, as much as there is room for. Each key begins with its account."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """There is nothing in it."""
        self._most, self._bytes = most_bytes, 0
        self._kept: OrderedDict[Key, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    @property
    def n_bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def get(self, key: Key) -> Any:
        """What is kept of it; None if nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: Key, value: Any, n_bytes: int) -> None:
        """Keep it instead of what was, and forget what was used longest ago if that is too much."""
        with self._lock:
            self._bytes -= self._kept.pop(key, (None, 0))[1]
            if n_bytes > self._most:
                return  # Nothing else would be left.
            self._kept[key] = value, n_bytes
            self._bytes += n_bytes
            while self._bytes > self._most:
                _, (_, others) = self._kept.popitem(last=False)
                self._bytes -= others

    def keep_days(
        self, key: Key, known: Mapping[Day, Kept], found: Mapping[Day, Kept], n_bytes: Callable[[Kept], int]
    ) -> None:
        """Keep these days beside those that were known, or instead if they are many; none if they are too many."""
        for days in ({**known, **found}, found):
            needed = sum(map(n_bytes, days.values()))
            if needed <= self._most // _PART_OF_DAYS:
                self.keep(key, days, needed)
                return

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


memory = Memory()
