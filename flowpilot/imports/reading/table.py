"""What every kind of file is read as: a header, and rows of text."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from flowpilot.imports.reading.errors import LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.unpacking import Unpacked

# Jira repeats a column for each comment; no more than these were ever seen. Work is rows times columns.
MOST_COLUMNS = 5_000

_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


class Table(Protocol):
    """An open file as a table."""

    header: list[str]
    has_all_columns: bool
    """Whether no row has a column that is not in the header, because it was not looked at."""
    doubt: str | None
    """What to say of the letters in which the file was read, if it is not certain which they are."""
    left_out: list[str]
    """What is above or below the rows and is none itself, such as "Total: 5"; known once the rows were read."""

    @property
    def header_line(self) -> int | None:
        """Where the header is; None if each record names its own columns."""

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, in bytes."""

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:
        """The line in which each row begins, and a text for each column of the header.

        Rows that cannot be read, though the next ones can, are given to `on_bad`.

        Raises:
            BadRowError: from here on, nothing can be read.
        """


def shape_of(text: str) -> str:
    """How a text is written, without which letters and digits it has."""
    return _LETTERS.sub("a", _DIGITS.sub("0", text))


def refuse_columns(name: str, columns: int) -> None:
    """Refuse a file with more columns than an export has.

    Raises:
        LogFileError: there are too many.
    """
    if columns > MOST_COLUMNS:
        raise LogFileError(
            f"{name} has more than {MOST_COLUMNS:,} columns, as no export has: where the names of columns should"
            " be, it may have values. Export it with a row for each ticket or for each change."
        )


def columns_of(source: Unpacked, records: Iterable[Mapping[str, str]]) -> tuple[list[str], bool]:
    """The columns of a file each of whose records names its own, and whether all records were read for them.

    Raises:
        LogFileError: there are too many.
    """
    names: dict[str, None] = {}
    reading = iter(records)
    for record in islice(reading, None if source.limit is None else source.limit.most_rows):
        names.update(dict.fromkeys(record))
        refuse_columns(source.name, len(names))
    return list(names), source.limit is None or next(reading, None) is None


def distinct(header: Sequence[str]) -> list[str]:
    """The names of columns, each once: the second "Comment" is "Comment (2)", and so on."""
    taken = set(header)
    names: dict[str, None] = {}
    for name in header:
        given, number = name, 1
        while given in names or (number > 1 and given in taken):
            number += 1
            given = f"{name} ({number})"
        names[given] = None
    return list(names)
