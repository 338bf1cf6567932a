"""Figures that only the order of waits and those that ended determine: they are computed once for all like them.

How long others have waited so far changes with every moment. But as long as none of them comes to a place behind
another one that has ended, the curve falls at the same times, to the same shares.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from flowpilot.analytics.estimates.curves import Ordered

# Of more waits, the order is seldom the same, and takes longer to look up.
_MOST_WAITS, _MOST_ORDERS = 20_000, 4_096

T = TypeVar("T")

# What is known, by the names of the figures.
Figures = dict[str, Any]


class Estimated(Protocol):
    """Whatever has figures."""

    figures: Figures


def figures_of(waits: Ordered) -> Figures:
    """What is known of waits in this order; what is found out is added."""
    if waits.times.size > _MOST_WAITS:
        return {}
    parts = waits.is_ended, waits.times[waits.is_ended]
    return _known(waits.times.size, hashlib.blake2b(b"".join(part.tobytes() for part in parts)).digest())


@lru_cache(_MOST_ORDERS)
def _known(n: int, digest: bytes) -> Figures:  # noqa: ARG001 - it is kept by them
    return {}


def forget() -> None:
    """Forget all figures."""
    _known.cache_clear()


class of_order(Generic[T]):  # noqa: N801 - as `cached_property`
    """A figure that is computed when it is first asked for, of any waits in the same order."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        """Know what computes it, and by that its name."""
        self._compute, self._name, self.__doc__ = compute, compute.__name__, compute.__doc__

    @overload
    def __get__(self, of: None, owner: object) -> Self: ...
    @overload
    def __get__(self, of: Estimated, owner: object) -> T: ...
    def __get__(self, of: Estimated | None, owner: object) -> Self | T:
        """The figure of whatever has it."""
        if of is None:
            return self
        if self._name not in of.figures:
            of.figures[self._name] = self._compute(of)
        found: T = of.figures[self._name]
        return found
