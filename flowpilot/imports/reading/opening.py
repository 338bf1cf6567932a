"""Open a log of any kind. Its first bytes say which kind it is, unless the mapping does."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from flowpilot.imports.reading.delimited import DelimitedTable
from flowpilot.imports.reading.encodings import HEAD, marked_encoding
from flowpilot.imports.reading.errors import LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.foreign import no_export
from flowpilot.imports.reading.layout import Kind, Layout
from flowpilot.imports.reading.limits import PreviewLimit
from flowpilot.imports.reading.records import RecordTable
from flowpilot.imports.reading.spreadsheets import SpreadsheetTable
from flowpilot.imports.reading.table import Table, distinct, refuse_columns
from flowpilot.imports.reading.unpacking import Unpacked, is_spreadsheet, members_of, unpacked
from flowpilot.imports.reading.xes import XesTable

# A CSV file may name its first column [id].
_JSON = re.compile(r"\{|\[\s*(?:[\[\]{\"\d-]|true|false|null|$)")
_READERS: dict[Kind, Callable[[Unpacked, Layout], Table]] = {
    "csv": DelimitedTable,
    "spreadsheet": SpreadsheetTable,
    "json": RecordTable,
    "xes": XesTable,
}


class LogReader:
    """An open log: its name, its size and SHA-256 unpacked, its header with the line that has it, and its rows.

    The second of two columns with one name is called as in "Comment (2)". `is_cut`: once the rows were read,
    whether there are more of them. Unless the reader `has_all_columns`, those may have more columns. `doubt` is
    what to say of letters that may be others.
    """

    def __init__(self, source: Unpacked, table: Table) -> None:
        self.name, self.size, self.digest = source.name, source.size, source.digest
        refuse_columns(source.name, len(table.header))
        self.header, self.has_all_columns = distinct(table.header), table.has_all_columns
        self.header_line, self.doubt, self.is_cut = table.header_line, table.doubt, False
        self._table, self._limit = table, source.limit

    @property
    def bytes_read(self) -> int:
        """How far the log has been read; `size` is the end."""
        return self._table.bytes_read

    @property
    def left_out(self) -> list[str]:
        """The lines below the rows that are none, once the rows were read."""
        return self._table.left_out

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:
        """The line in which each row begins, and its fields. Rows that cannot be read are given to `on_bad`.

        Raises:
            BadRowError: from here on, nothing can be read.
        """
        rows = self._table.rows(on_bad)
        return rows if self._limit is None else self._first(rows, self._limit)

    def check(self) -> None:
        """Make sure that there is time left to look at it.

        Raises:
            PreviewTooLongError: there is none.
        """
        if self._limit is not None:
            self._limit.check()

    def _first(
        self, rows: Iterator[tuple[int, list[str]]], limit: PreviewLimit
    ) -> Iterator[tuple[int, list[str]]]:
        for row in islice(rows, limit.most_rows):
            limit.check()
            yield row
        self.is_cut = next(rows, None) is not None


@contextmanager
def open_log(
    path: Path, layout: Layout | None = None, *, limit: PreviewLimit | None = None
) -> Iterator[LogReader]:
    """Open a log: CSV, a spreadsheet, JSON or XES, plain or packed. With a `limit`, its first rows only.

    Raises:
        LogFileError: the file is missing, empty, damaged, no export, or a zip with no file or several.
        PreviewTooLongError: it takes too long.
    """
    layout = layout or Layout()
    with unpacked(path, limit) as source:
        if layout == Layout() and (instead := no_export(source.file, source.name)) is not None:
            raise LogFileError(instead)
        yield LogReader(source, _READERS[layout.kind or _kind(source)](source, layout))


def _kind(source: Unpacked) -> Kind:
    head = source.file.read(HEAD)
    source.file.seek(0)
    if is_spreadsheet(head, members_of(source.file)):
        return "spreadsheet"
    text = head.decode(marked_encoding(head) or "latin-1", errors="replace").lstrip("\ufeffï»¿ \t\r\n")
    if text.startswith("<"):
        return "xes"
    return "json" if _JSON.match(text) else "csv"
