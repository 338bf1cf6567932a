"""What a server process remembers of whole days: sums that it has been sent before, without any words.

A day has a version, which PostgreSQL makes of all that is kept of it. A report says which versions it knows, and
is sent the sums of the others, in the statement that reads everything else: so what is added up is what its
snapshot has, and a day that was summed up again is another one.
"""

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, TypeVar

from flowpilot.analytics.period import Window
from flowpilot.sessions.days.news import day_of

Sums = TypeVar("Sums")
# By day, as JSON writes it: its version, and the sums.
Known = Mapping[str, tuple[int, Sums]]
# The account, what was asked, and the zone of its dates.
Key = tuple[uuid.UUID, str, str]

# Of all accounts together: some 2 KB each.
MOST_DAYS = 20_000

# A part that has the clean days which are not known.
UNKNOWN = "unknown AS MATERIALIZED (SELECT * FROM clean WHERE version <> ALL (CAST(:known AS bigint[])))"


class Days:
    """The days that were asked for last, as many as there is room for."""

    def __init__(self, most: int = MOST_DAYS) -> None:
        """There are none."""
        self._most, self._n = most, 0
        self._kept: OrderedDict[Key, Known[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Known[Any]:
        """What is known."""
        with self._lock:
            if key not in self._kept:
                return {}
            self._kept.move_to_end(key)
            return self._kept[key]

    def keep(self, key: Key, days: Known[Any]) -> None:
        """Know these instead, and forget what was asked for longest ago if they are too many."""
        with self._lock:
            self._n += len(days) - len(self._kept.pop(key, {}))
            self._kept[key] = days
            while self._n > self._most:
                self._n -= len(self._kept.popitem(last=False)[1])


remembered = Days()


def said(known: Known[Any], window: Window) -> str:
    """The versions of the window's days as a text, which has the same type however many there are."""
    first, last = day_of(window.start).isoformat(), day_of(window.end).isoformat()
    versions = (str(version) for day, (version, _) in known.items() if first <= day <= last)
    return f"{{{','.join(versions)}}}"
