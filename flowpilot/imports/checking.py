"""Hold each row of a file to what the mapping reads from it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import getitem, itemgetter
from typing import Protocol, TypeVar

from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.file import ReadTime
from flowpilot.imports.mapping.sections import ColumnUse, MappingError
from flowpilot.imports.mapping.whole import Mapping as Whole
from flowpilot.imports.progress import OddTimes
from flowpilot.imports.reading.errors import BadRowError, columns_in_words

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_A_NUMBER = "a number like 12"
_LENGTHS = {"client": 200, "name": 300}
# A wrong value is shown up to here.
_SHOWN = 80
# So many texts are remembered, if they are short.
_KNOWN, _SHORT = 4_096, 100
# No ticket is older than this, or was worked on later: such times stand for "unknown" or "never".
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=366)


T = TypeVar("T")


class Remembered(dict[str | None, T]):
    """What a function makes of texts, because a log repeats them. When there are many, it begins anew.

    `only_if` says what may be remembered, by the text and what was made of it.
    """

    def __init__(self, make: Callable[[str], T], only_if: Callable[[str, T], bool] = lambda *_: True) -> None:
        self._make, self._only_if = make, only_if

    def __missing__(self, text: str | None) -> T:
        assert text is not None, "a row without a value is refused before it gets here"
        made = self._make(text)
        if len(text) <= _SHORT and self._only_if(text, made):
            if len(self) == _KNOWN:
                self.clear()
            self[text] = made
        return made


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

    def __init__(self, reader: HasColumns, mapping: Whole, now: datetime) -> None:
        self._reader, self._mapping = reader, mapping
        self._latest = now + _AHEAD
        self.odd_times = OddTimes()
        self._line = 0
        self._pick = _picking([self._place(name, uses) for name, uses in mapping.uses.items()])
        self._cells = [self._column(name, uses) for name, uses in mapping.uses.items()]

    def row(self, line: int, fields: list[str]) -> Row:
        """The same as `cells`, each by its column."""
        return dict(zip(self._mapping.uses, self.cells(line, fields), strict=True))

    def cells(self, line: int, fields: list[str]) -> list[str | None]:
        """The values of a row that the mapping reads, in the order of its columns; None if one is unknown.

        Raises:
            BadRowError: a value is not what the mapping says it is.
        """
        self._line = line
        return list(map(getitem, self._cells, self._pick(fields)))

    def case_of(self, fields: Sequence[str]) -> tuple[str | None, str | None]:
        """The id of a row's case and the number that people know it by, as far as a row that is wrong has them."""
        case = self._mapping.case
        header = self._reader.header
        places = {name: header.index(name) for name in (case.id, case.number) if name in header}
        texts = {name: fields[place].strip() for name, place in places.items() if place < len(fields)}
        unknown = self._mapping.file.unknown
        known = {name: text for name, text in texts.items() if text not in unknown and "\0" not in text}
        return known.get(case.id), known.get(case.number or "") or known.get(case.id)

    def _place(self, name: str, uses: dict[str, ColumnUse]) -> int | None:
        header = self._reader.header
        if name not in header and self._reader.has_all_columns:
            raise MappingError(
                f"{self._reader.name} has no column {name}, "
                f"which the mapping {self._mapping.name} names in {', '.join(uses)}: "
                "correct the mapping, or export the log with that column. "
                f"{columns_in_words(header, name)}"
            )
        return header.index(name) if name in header else None

    def _column(self, name: str, uses: Mapping[str, ColumnUse]) -> Remembered[str | None]:
        """The cells of a column that were checked, with what they mean; another one is checked.

        Spaces around the number of a ticket, or around a name, are no part of it.
        """
        required = any(use.required for use in uses.values())
        kinds = {use.kind for use in uses.values()}
        is_name = bool(kinds & _LENGTHS.keys()) or "people.requester" in uses
        is_time = "time" in kinds
        is_order = "order" in kinds and not is_time and self._mapping.case.order_as == "number"
        is_number = is_order or "number" in kinds
        read = self._mapping.times.reader(name)
        longest = min((_LENGTHS[kind] for kind in kinds & _LENGTHS.keys()), default=None)

        def check(text: str) -> str | None:
            unknown = self._mapping.file.unknown
            if is_name and text not in unknown:
                text = text.strip()
            if text in unknown:
                if required:
                    expected = self._a_time(name) if is_time else _A_NUMBER if is_number else "a value"
                    problem = f"{name} is {text!r}, which means unknown, but every row needs {expected}"
                    raise self._wrong(name, problem, text, expected)
                return None
            if "\0" in text:
                problem, expected = f"{name} holds a NUL character", "text without NUL characters"
                raise self._wrong(name, problem, text.replace("\0", "\ufffd"), expected)
            if is_time:
                self._check_time(name, text, read)
            if is_number and not _NUMBER.fullmatch(text):
                raise self._unexpected(name, text, _A_NUMBER)
            if longest is not None and len(text) > longest:
                problem = f"{name} is longer than {longest} characters"
                raise self._wrong(name, problem, text, f"up to {longest} characters")
            return text

        def says_nothing(text: str, cell: str | None) -> bool:
            """Whether no change of the clocks makes a time doubtful: that is said of it for each line."""
            return cell is None or read(text)[1] is None

        return Remembered(check, says_nothing) if is_time else Remembered(check)

    def _check_time(self, column: str, text: str, read: ReadTime) -> None:
        try:
            moment, clock_change = read(text)
        except (ValueError, OverflowError):
            raise self._unexpected(column, text, self._a_time(column)) from None
        if not _EARLIEST <= moment <= self._latest:
            expected = (
                f"a time from {_EARLIEST.date()} to {self._latest.date()}"
                " (name the cell in file.unknown if it means that the time is not known)"
            )
            raise self._unexpected(column, text, expected)
        if clock_change is not None:
            self.odd_times.add(clock_change, self._line)

    def _a_time(self, column: str) -> str:
        times = self._mapping.times
        return f"a time like {times.example(column)} ({times.columns.get(column, times).format})"

    def _unexpected(self, column: str, text: str, expected: str) -> BadRowError:
        return self._wrong(column, f"{column} is {text[:_SHOWN]!r}, expected {expected}", text, expected)

    def _wrong(self, column: str, problem: str, text: str, expected: str) -> BadRowError:
        """The error of one value, with its parts for a program."""
        facts = {"column": column, "found": text[:_SHOWN], "expected": expected, "columns": self._reader.header}
        return BadRowError(self._line, problem, **facts)


def _picking(places: Sequence[int | None]) -> Callable[[list[str]], Sequence[str]]:
    """What takes the fields in these places out of a row; a column that the rows do not have is empty."""
    known = [place for place in places if place is not None]
    if len(known) == len(places) > 1:
        return itemgetter(*known)
    return lambda fields: ["" if place is None else fields[place] for place in places]
