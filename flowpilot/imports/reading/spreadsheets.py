"""Spreadsheets: xlsx, xls, xlsb and ods, one sheet of them."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from flowpilot.imports.reading.errors import BadRowError, LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.table import rows_above
from flowpilot.imports.reading.unpacking import Unpacked

# A sheet is held in memory.
LARGEST_BYTES = 2**30
# Beyond it, a spreadsheet's numbers have lost digits.
_LARGEST_EXACT = 2**53


class SpreadsheetTable:
    """A sheet, with its first filled row as the header. Moments are written as in ISO 8601, without a zone."""

    def __init__(self, source: Unpacked, layout: Layout) -> None:
        self._source, self._sheet = source, _sheet(source, layout.sheet)
        self.left_out: list[str] = []
        self._rows = iter(enumerate(self._sheet.iter_rows(), 1))
        below = (cells for line, cells in self._rows if line >= layout.header_line)
        filled = (cells for cells in below if any(cell != "" for cell in cells))
        header = next(filled, None)
        if header is None:
            raise LogFileError(f"{source.name} is empty: it needs a header line and rows.")
        self.header = [str(cell).strip() for cell in header]
        while self.header and not self.header[-1]:
            self.header.pop()

    @property
    def bytes_read(self) -> int:
        """The whole file is read when it is opened."""
        return self._source.size

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The sheet's row and its cells. Rows without a value are skipped; what stands below the rows is left out.

        Raises:
            BadRowError: a number has more digits than a spreadsheet keeps.
        """
        texts = ((line, [_text(line, cell) for cell in cells[: len(self.header)]]) for line, cells in self._rows)
        yield from rows_above(texts, len(self.header), self.left_out)


def _sheet(source: Unpacked, name: str | None) -> CalamineSheet:
    _refuse_bombs(source)
    try:
        book = CalamineWorkbook.from_filelike(source.file)
        if name is not None and name not in book.sheet_names:
            raise LogFileError(f"{source.name} has no sheet {name}: it has {', '.join(book.sheet_names)}.")
        filled = (
            [one for one in book.sheet_names if book.get_sheet_by_name(one).height > 1] if name is None else [name]
        )
        if len(filled) != 1:
            raise LogFileError(
                f"{source.name} has {len(filled)} sheets with rows ({', '.join(filled)}): say which one with"
                ' `sheet = "…"` under [file].'
                if filled
                else f"{source.name} is empty: it needs a header line and rows.",
                sheets=filled,
            )
        return book.get_sheet_by_name(filled[0])
    except CalamineError as error:
        raise LogFileError(f"{source.name} cannot be read as a spreadsheet: {error}.") from error


def _refuse_bombs(source: Unpacked) -> None:
    if not zipfile.is_zipfile(source.file):
        return
    source.file.seek(0)
    with zipfile.ZipFile(source.file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    source.file.seek(0)
    if size > LARGEST_BYTES:
        raise LogFileError(
            f"{source.name} unpacks to {size // 2**20:,} MB, and {LARGEST_BYTES // 2**20:,} MB are read at most:"
            " save it as CSV, which may be of any size."
        )


def _text(line: int, cell: object) -> str:
    """A cell as it would stand in a CSV file."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        if abs(cell) > _LARGEST_EXACT:
            raise BadRowError(
                line, f"the number {cell:.0f} has more digits than a spreadsheet keeps: store it as text"
            )
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return str(cell).strip()
