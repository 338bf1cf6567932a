"""What was read a moment ago, so that a page that is opened again asks nobody."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values that are kept for `lifetime`, and no more than `most` of them: the oldest goes first.

    Whatever is put in drops what is no longer recent, so what nobody reads any more does not stay.
    """

    def __init__(self, lifetime: timedelta, most: int) -> None:
        self._lifetime, self._most = lifetime, most
        self._kept: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()

    def get(self, key: Hashable, now: datetime) -> T | None:
        """The value, if it is recent."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and now - kept[0] < self._lifetime else None

    def put(self, key: Hashable, value: T, now: datetime) -> None:
        """Keep a value that was read now."""
        self._kept.pop(key, None)
        self._kept[key] = now, value
        while len(self._kept) > self._most or self._is_oldest_over(now):
            self._kept.popitem(last=False)

    def _is_oldest_over(self, now: datetime) -> bool:
        oldest = next(iter(self._kept.values()), None)
        return oldest is not None and now - oldest[0] >= self._lifetime
