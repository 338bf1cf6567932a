"""Records of sessions as columns of numbers, and times that are kept in five bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.summed.moments import DAY
from flowpilot.sessions.records.packed import PARTS

Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
Columns = Mapping[str, Any]

TYPES = {
    name: np.dtype([(field, type_) for field, (type_, _) in fields.items()]) for name, fields in PARTS.items()
}

# So many of a number's last bits are kept apart from the others, where there are many numbers.
_LAST = 8
_MANY = 64


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions in the order of their beginning: the parts of their records that a report has asked for."""

    parts: Mapping[str, Columns]
    flows: Sequence[UUID]

    @property
    def created_at(self) -> Times:
        """When each began."""
        found: Times = self.parts["times"]["created_at"]
        return found

    @property
    def resolved_at(self) -> Times:
        """When each was resolved, if it is: `NEVER` if not, `UNKNOWN` if nobody knows when."""
        found: Times = self.parts["times"]["resolved_at"]
        return found

    def within(self, start: int, end: int) -> "Sessions":
        """Those that began between these moments."""
        first, last = np.searchsorted(self.created_at, [start, end]).tolist()
        if first == 0 and last == self.created_at.size:
            return self
        return Sessions(
            {name: _cut(part, first, max(first, last)) for name, part in self.parts.items()}, self.flows
        )


def sessions_of(row: Any, parts: Sequence[str]) -> Sessions:
    """The sessions of a row with these parts."""
    return Sessions({name: _columns(getattr(row, name), name) for name in parts}, row.flows)


def no_sessions(parts: Sequence[str]) -> Sessions:
    """A day without any."""
    return Sessions({name: _columns(b"", name) for name in parts}, [])


def _columns(kept: bytes, name: str) -> Columns:
    found = np.frombuffer(kept, TYPES[name])
    return {field: found[field].astype(TYPES[name][field].newbyteorder("=")) for field in TYPES[name].names or ()}


def _cut(part: Columns, first: int, last: int) -> Columns:
    if "place" not in part:
        return {name: column[first:last] for name, column in part.items()}
    mask = (part["place"] >= first) & (part["place"] < last)
    return {name: column[mask] - first if name == "place" else column[mask] for name, column in part.items()}


def seconds_of(microseconds: Any) -> Floats:
    """As PostgreSQL has the seconds of a difference of times: to the last digit."""
    days, rest = np.divmod(microseconds, DAY)
    found: Floats = rest / 1e6 + 86400.0 * days
    return found


@dataclass(frozen=True, slots=True)
class Small:
    """Numbers that are near each other, in five bytes each."""

    least: int
    most: NDArray[np.uint32]
    last: NDArray[np.uint8]

    @property
    def numbers(self) -> Times:
        """The numbers themselves."""
        found: Times = (self.most.astype(np.int64) << _LAST) + self.last
        return found + self.least


Kept = Times | Small


def kept(numbers: Times) -> Kept:
    """The numbers in as few bytes as they fit in."""
    if numbers.size < _MANY:
        return numbers
    least = int(numbers.min())
    if int(numbers.max()) - least >= 1 << (32 + _LAST):
        return numbers
    off = numbers - least
    return Small(least, (off >> _LAST).astype(np.uint32), (off & ((1 << _LAST) - 1)).astype(np.uint8))


def numbers_of(one: Kept) -> Times:
    """The numbers that are kept."""
    return one.numbers if isinstance(one, Small) else one


def bytes_of(one: Kept) -> int:
    """How much memory they take."""
    return one.most.nbytes + one.last.nbytes + 64 if isinstance(one, Small) else one.nbytes
