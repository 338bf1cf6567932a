"""The ways in which times are written in exports, and which of them fit all values of a column."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from functools import partial
from math import ceil

from flowpilot.imports.mapping.file import parse_time
from flowpilot.imports.mapping.plain import plainly
from flowpilot.imports.reading.table import shape_of

# Numbers that spreadsheets show as dates: from 1990 to 2079, and whole ones at midnight.
EXCEL = "excel"
_SERIAL = re.compile(r"(?:3[3-9]|[45]\d|6[0-4])\d{3}(?:[.,]\d{1,12})?")
DAY_FIRST, MONTH_FIRST = "%d", "%m"
_EPOCHS = {"epoch_us": 16, "epoch_ms": 13, "epoch_s": 10}
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%H.%M", "%H:%M:%S %z")
_SEPARATORS = (".", "/", "-")
_OTHERS = (
    *("%d/%b/%y", "%d/%b/%Y", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %b %y", "%b %d, %Y", "%b %d %Y"),
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
)
_DIRECTIVE = re.compile(r"%[a-zA-Z]")
_SHAPES_OF = {"%b": "a", "%p": "a", "%z": "+0"}
# Of a column's different values so many are times, if it has times.
_ENOUGH = 0.75


def _dates() -> Iterator[str]:
    """The ways to write a day. Where day and month could be either, both are there, and first the day."""
    for separator in _SEPARATORS:
        for year in ("%Y", "%y"):
            yield separator.join((DAY_FIRST, MONTH_FIRST, year))
            if separator != ".":
                yield separator.join((MONTH_FIRST, DAY_FIRST, year))
    yield from _OTHERS


PATTERNS = (
    *("iso", *_EPOCHS),
    *(f"{day}{between}{clock}" for day in _dates() for between in (" ", ", ") for clock in _CLOCKS),
    *_dates(),
)


def fitting(values: Sequence[str]) -> tuple[str, ...]:
    """How the times may be written, if nearly all of these are times; of several ways, those that fit the most.

    One cell that is none must not hide that the column has times: it is said with its line.
    """
    if not values:
        return ()
    # What is not written like a pattern does not follow it; to try it would take time.
    [(shape, _)] = Counter(shape_of(plainly(value)).replace(" -0", " +0") for value in values).most_common(1)
    likely = (one for one in PATTERNS if one == "iso" or one in _EPOCHS or _SHAPES[one] == shape)
    fits = {pattern: _count(values, partial(_fits, pattern=pattern)) for pattern in likely}
    most = max(fits.values(), default=0)
    if most and fits.get("iso") == most:
        return ("iso",)
    if most:
        return tuple(pattern for pattern, count in fits.items() if count == most)
    return (EXCEL,) if _count(values, _is_serial) else ()


def _count(values: Sequence[str], is_one: Callable[[str], bool]) -> int:
    """How many values are one; 0 if too many are not."""
    wrong, most = 0, len(values) - ceil(_ENOUGH * len(values))
    for value in values:
        wrong += not is_one(value)
        if wrong > most:
            return 0
    return len(values) - wrong


def order_of(pattern: str) -> str | None:
    """What comes first in dates whose day and month are numbers and stand next to each other."""
    first, second = pattern[:2], pattern[3:5]
    return first if {first, second} == {DAY_FIRST, MONTH_FIRST} else None


def swapped(pattern: str) -> str:
    """The same way with day and month the other way round."""
    return f"{pattern[3:5]}{pattern[2]}{pattern[:2]}{pattern[5:]}"


def _shape_of(pattern: str) -> str:
    return _DIRECTIVE.sub(lambda found: _SHAPES_OF.get(found[0], "0"), pattern)


_SHAPES = {pattern: _shape_of(pattern) for pattern in PATTERNS}


def _is_serial(value: str) -> bool:
    """Whether it is a date as a spreadsheet counts it. In its column others may have the format of a date."""
    return bool(_SERIAL.fullmatch(value)) or (value[10:11] == "T" and _fits(value, "iso"))


def _fits(value: str, pattern: str) -> bool:
    digits = _EPOCHS.get(pattern)
    if digits is not None:
        return len(value) == digits and value.isdigit()
    # Dates in ISO 8601 have dashes; without them a number like 20260601 would be one. With a T they are no other.
    is_iso = value[4:5] == "-"
    if (pattern == "iso" and not is_iso) or (pattern != "iso" and is_iso and value[10:11] == "T"):
        return False
    try:
        parse_time(value, pattern, UTC)
    except ValueError:
        return False
    return True
