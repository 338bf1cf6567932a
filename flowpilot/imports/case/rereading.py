"""The rows that an earlier import kept, as a later import's mapping reads them. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flowpilot.imports.case.model import Row
from flowpilot.imports.checking import Checker
from flowpilot.imports.mapping.sections import is_time
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.reading.errors import BadRowError

# That its times are not of the future was checked when it was imported.
_ANY_TIME = datetime.max.replace(tzinfo=UTC) - timedelta(days=1_000)


@dataclass(frozen=True, slots=True)
class Reread:
    """Rows as a mapping reads them.

    Of the columns that it reads, the import did not keep those that are `lacking`; `unknown` are cells that meant
    "not known" there.
    """

    rows: Sequence[Row]
    lacking: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def reread(rows: Sequence[Row], own: Mapping, mapping: Mapping) -> Reread | None:
    """The rows that an import kept under its own mapping, as another mapping reads them; None if it cannot.

    It can if the rows have what it needs, and if both take the file's letters and times for the same. A mapping
    that reads another time in the same text corrects the own one, and what was read with that does not count. A
    spelling of times that it cannot read is that of another export, so such times are written anew.
    """
    if own.reads == mapping.reads:
        return Reread(rows)
    if not _is_alike(own, mapping):
        return None
    header = list(own.uses)
    checker = Checker(_Kept(own.name, header), mapping, _ANY_TIME)
    times = [column for column in mapping.uses if column in own.uses and _is_time(column, own, mapping)]
    found = []
    try:
        for row in rows:
            said = row | {column: _time(row[column], column, own, mapping) for column in times}
            found.append(checker.row(0, [said[column] or "" for column in header]))
    except (BadRowError, _AnotherTimeError):
        return None
    return Reread(found, frozenset(mapping.uses.keys() - own.uses.keys()), frozenset(own.file.unknown))


@dataclass(slots=True)
class _Kept:
    """Rows of an import, for who checks the rows of a file."""

    name: str
    header: list[str]
    has_all_columns: bool = False


class _AnotherTimeError(Exception):
    """A text is one time for one mapping, and another for the other."""


def _is_alike(own: Mapping, mapping: Mapping) -> bool:
    """Whether both are of one shape, and take tickets, letters and the order of rows for the same."""
    return (
        (own.row is None) == (mapping.row is None)
        and own.case.id == mapping.case.id
        and (own.file.encoding, own.file.quote) == (mapping.file.encoding, mapping.file.quote)
        and "" in mapping.file.unknown
        and (not mapping.case.order or own.case.order_as == mapping.case.order_as)
        and not _lacks_needed(own, mapping)
    )


def _lacks_needed(own: Mapping, mapping: Mapping) -> bool:
    lacking = mapping.uses.keys() - own.uses.keys()
    return any(use.required for column in lacking for use in mapping.uses[column].values())


def _is_time(column: str, own: Mapping, mapping: Mapping) -> bool:
    return is_time(own.uses[column]) and is_time(mapping.uses[column])


def _time(text: str | None, column: str, own: Mapping, mapping: Mapping) -> str | None:
    """A time as the mapping can read it."""
    if text is None or text in mapping.file.unknown:
        return None
    moment = own.times.parse(column, text)
    if own.times.zone_of(column) != mapping.times.zone_of(column):
        raise _AnotherTimeError
    try:
        is_same = mapping.times.parse(column, text) == moment
    except (ValueError, OverflowError):
        return mapping.times.written(column, moment)
    if not is_same:
        raise _AnotherTimeError
    return text
