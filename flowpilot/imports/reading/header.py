"""Where the names of a table's columns are: in its first line, or below lines that are none, such as a title."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import ceil
from typing import TypeVar

from flowpilot.imports.reading.errors import BadRowError

# Above the header of a report there are a title, a period, and who made it.
LOOKED_AT = 30
_FILLED = 0.6
_FEWEST = 2

T = TypeVar("T")


def header_place(records: Sequence[Sequence[str]]) -> int:
    """Which of the first records of a table has the names of its columns.

    It is the first one that says something, unless that says far less than those below. Then it is the first that
    says about as much as they do, if it can be names: each is another one, and none begins with a digit.
    """
    filled = [sum(1 for text in fields if text.strip()) for fields in records]
    first = next((place for place, n in enumerate(filled) if n), 0)
    enough = max(_FEWEST, ceil(_FILLED * max(filled, default=0)))
    place = next((place for place, n in enumerate(filled) if n >= enough), first)
    return place if place > first and _are_names(records[place]) else first


def first_of(records: Iterable[T], most: int = LOOKED_AT) -> tuple[list[T], Iterator[T]]:
    """The first records of a table, and the others. Those begin with the first record that cannot be read."""
    reading, found = iter(records), list[T]()
    try:
        for record in islice(reading, most):
            found.append(record)
    except BadRowError as error:
        return found, _failing(error)
    return found, reading


def _failing(error: BadRowError) -> Iterator[T]:
    raise error
    yield


def _are_names(fields: Sequence[str]) -> bool:
    names = [text.strip() for text in fields if text.strip()]
    return len(set(names)) == len(names) and not any(name[0].isdigit() for name in names)
