"""Hold each row of a file to what the mapping reads from it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.sections import ColumnUse, MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.progress import OddTimes
from flowpilot.imports.reading.errors import BadRowError, columns_in_words

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_A_NUMBER = "a number like 12"
_LENGTHS = {"client": 200, "name": 300}
# A wrong value is shown up to here.
_SHOWN = 80
# A log repeats its values, so those of a column that were checked are known: so many, if they are short.
_KNOWN, _SHORT = 4_096, 100
# No ticket is older than this, or was worked on later: such times stand for "unknown" or "never".
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is read: its place in the file, if rows that were read have it, and what it must be.

    `known` are cells that were checked, with what they mean.
    """

    name: str
    place: int | None
    kinds: frozenset[str]
    required: bool
    known: dict[str, str | None] = field(default_factory=dict)


class HasColumns(Protocol):
    """A file, as far as its rows are checked."""

    name: str
    header: list[str]
    has_all_columns: bool


class Checker:
    """The columns of a file that a mapping reads. Times are from 1970 to a year after now.

    `odd_times` are those of the rows so far that a change of the clocks makes doubtful.

    Raises:
        MappingError: the file does not have one of them.
    """

    def __init__(self, reader: HasColumns, mapping: Mapping, now: datetime) -> None:
        self._reader, self._mapping = reader, mapping
        self._latest = now + _AHEAD
        self.odd_times = OddTimes()
        self._columns = [self._column(name, uses) for name, uses in mapping.uses.items()]

    def row(self, line: int, fields: list[str]) -> Row:
        """The values of a row that the mapping reads; None if one is unknown.

        Raises:
            BadRowError: a value is not what the mapping says it is.
        """
        row: Row = {}
        for column in self._columns:
            text = "" if column.place is None else fields[column.place]
            known = column.known
            row[column.name] = known[text] if text in known else self._new(line, column, text)
        return row

    def case_of(self, fields: Sequence[str]) -> tuple[str | None, str | None]:
        """The id of a row's case and the number that people know it by, as far as a row that is wrong has them."""
        case = self._mapping.case
        texts = {
            column.name: fields[column.place]
            for column in self._columns
            if column.name in {case.id, case.number} and column.place is not None and column.place < len(fields)
        }
        unknown = self._mapping.file.unknown
        known = {name: text for name, text in texts.items() if text not in unknown and "\0" not in text}
        return known.get(case.id), known.get(case.number or "") or known.get(case.id)

    def _column(self, name: str, uses: dict[str, ColumnUse]) -> _Column:
        header = self._reader.header
        if name not in header and self._reader.has_all_columns:
            raise MappingError(
                f"{self._reader.name} has no column {name}, "
                f"which the mapping {self._mapping.name} names in {', '.join(uses)}: "
                "correct the mapping, or export the log with that column. "
                f"{columns_in_words(header, name)}"
            )
        required = any(use.required for use in uses.values())
        place = header.index(name) if name in header else None
        return _Column(name, place, self._kinds(uses.values()), required)

    def _kinds(self, uses: Iterable[ColumnUse]) -> frozenset[str]:
        kinds = {use.kind for use in uses}
        is_number = "order" in kinds and "time" not in kinds and self._mapping.case.order_as == "number"
        return frozenset({*kinds, "number"} if is_number else kinds)

    def _new(self, line: int, column: _Column, text: str) -> str | None:
        """Check a cell, and know it from now on, unless something is said of it for each line."""
        cell = self._cell(line, column, text)
        if len(text) <= _SHORT and not self._is_odd(column, cell):
            if len(column.known) == _KNOWN:
                column.known.clear()
            column.known[text] = cell
        return cell

    def _is_odd(self, column: _Column, cell: str | None) -> bool:
        """Whether the cell is a time that a change of the clocks makes doubtful."""
        if cell is None or "time" not in column.kinds:
            return False
        return self._mapping.times.read(column.name, cell)[1] is not None

    def _cell(self, line: int, column: _Column, text: str) -> str | None:
        if text in self._mapping.file.unknown:
            if column.required:
                expected = self._expected(column)
                problem = f"{column.name} is {text!r}, which means unknown, but every row needs {expected}"
                raise self._wrong(line, column.name, problem, text, expected)
            return None
        if "\0" in text:
            problem, expected = f"{column.name} holds a NUL character", "text without NUL characters"
            raise self._wrong(line, column.name, problem, text.replace("\0", "�"), expected)
        if "time" in column.kinds:
            self._check_time(line, column.name, text)
        if "number" in column.kinds and not _NUMBER.fullmatch(text):
            raise self._unexpected(line, column.name, text, _A_NUMBER)
        longest = min((_LENGTHS[kind] for kind in column.kinds & _LENGTHS.keys()), default=len(text))
        if len(text) > longest:
            problem = f"{column.name} is longer than {longest} characters"
            raise self._wrong(line, column.name, problem, text, f"up to {longest} characters")
        return text

    def _check_time(self, line: int, column: str, text: str) -> None:
        times = self._mapping.times
        try:
            moment, clock_change = times.read(column, text)
        except (ValueError, OverflowError):
            raise self._unexpected(line, column, text, self._a_time(column)) from None
        if not _EARLIEST <= moment <= self._latest:
            expected = (
                f"a time from {_EARLIEST.date()} to {self._latest.date()}"
                " (name the cell in file.unknown if it means that the time is not known)"
            )
            raise self._unexpected(line, column, text, expected)
        if clock_change is not None:
            self.odd_times.add(clock_change, line)

    def _expected(self, column: _Column) -> str:
        """What a value of the column has to be, with an example if that can be known."""
        if "time" in column.kinds:
            return self._a_time(column.name)
        return _A_NUMBER if "number" in column.kinds else "a value"

    def _a_time(self, column: str) -> str:
        times = self._mapping.times
        return f"a time like {times.example(column)} ({times.columns.get(column, times).format})"

    def _unexpected(self, line: int, column: str, text: str, expected: str) -> BadRowError:
        return self._wrong(line, column, f"{column} is {text[:_SHOWN]!r}, expected {expected}", text, expected)

    def _wrong(self, line: int, column: str, problem: str, text: str, expected: str) -> BadRowError:
        """The error of one value, with its parts for a program."""
        facts = {"column": column, "found": text[:_SHOWN], "expected": expected, "columns": self._reader.header}
        return BadRowError(line, problem, **facts)
