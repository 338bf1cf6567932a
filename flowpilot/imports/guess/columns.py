"""Look at the columns of a file: how full each is, how many values it has, and how its times are written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from flowpilot.imports.mapping.file import parse_time
from flowpilot.imports.reading.opening import LogReader

LOOKED_AT_ROWS = 2_000
UNKNOWN = frozenset({"", "?", "n/a", "N/A", "NULL", "null", "-"})
# Where day and month could be either, the first that fits all values counts.
_PATTERNS = (
    "iso",
    "epoch_ms",
    "epoch_s",
    *("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y"),
    *("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S"),
    *("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y", "%m/%d/%Y"),
    *("%d/%b/%y %I:%M %p", "%d/%b/%Y %H:%M", "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%b %d, %Y %I:%M %p"),
    *("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"),
)
_EPOCH_DIGITS = {"epoch_s": 10, "epoch_ms": 13}
_SHOWN_VALUES = 12
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows that were looked at; `patterns` are the ways to read its times, if it has times."""

    name: str
    known: int
    values: tuple[str, ...]
    patterns: tuple[str, ...] = ()

    @property
    def pattern(self) -> str | None:
        """How its times are written; of several ways, the one that begins with the day."""
        return next(iter(self.patterns), None)

    @property
    def is_ambiguous(self) -> bool:
        """Whether day and month could be either."""
        return len({pattern[:2] for pattern in self.patterns} & {"%d", "%m"}) > 1

    @property
    def distinct(self) -> int:
        """How many different values it has."""
        return len(set(self.values) - UNKNOWN)

    @property
    def common(self) -> list[str]:
        """Its values, the most frequent first, up to a dozen."""
        counts = Counter(value for value in self.values if value not in UNKNOWN)
        return sorted(counts, key=lambda value: (-counts[value], value))[:_SHOWN_VALUES]

    @property
    def examples(self) -> list[str]:
        """Its first different values, three at most."""
        return [*dict.fromkeys(value for value in self.values if value not in UNKNOWN)][:_EXAMPLES]


@dataclass(frozen=True, slots=True)
class Looked:
    """The first rows of a file, by column; and its unknown values."""

    columns: tuple[Column, ...]
    rows: int
    unknown: tuple[str, ...]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]


def look_at(reader: LogReader) -> Looked:
    """Look at the first rows of an open file."""
    rows = [fields for _, fields in islice(reader.rows(), LOOKED_AT_ROWS)]
    columns = [_column(name, tuple(fields[place] for fields in rows)) for place, name in enumerate(reader.header)]
    found = {value for fields in rows for value in fields if value in UNKNOWN}
    return Looked(tuple(columns), len(rows), tuple(sorted({"", *found})))


def _column(name: str, values: tuple[str, ...]) -> Column:
    known = [value for value in values if value not in UNKNOWN]
    return Column(name, len(known), values, _patterns(list(dict.fromkeys(known))))


def _patterns(values: Sequence[str]) -> tuple[str, ...]:
    """How the times may be written, if all of these are times."""
    if not values:
        return ()
    return tuple(pattern for pattern in _PATTERNS if all(_fits(value, pattern) for value in values))


def _fits(value: str, pattern: str) -> bool:
    digits = _EPOCH_DIGITS.get(pattern)
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
