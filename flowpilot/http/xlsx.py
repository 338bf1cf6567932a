"""Spreadsheets, written a row at a time. This is the only place that writes them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Text stays text: never a formula that runs, a link that opens, or a ticket's number without its zeros.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LONGEST_CELL = 32_767
_MOST_DIGITS = 15  # A spreadsheet's numbers are floats: of a longer one, the last digits would be others.
_FIRST_YEAR = 1900
_WIDTH = 18


class Sheet:
    """One sheet of a workbook. Its rows are written in order, and are not kept in memory."""

    def __init__(self, sheet: Worksheet, formats: dict[str, Format], zone: ZoneInfo) -> None:
        self._sheet, self._formats, self._zone = sheet, formats, zone
        self._n = 0

    def header(self, names: Iterable[str]) -> None:
        """The first row, which stays in sight."""
        for column, name in enumerate(names):
            self._sheet.write_string(self._n, column, name, self._formats["header"])
        self._n += 1
        self._sheet.freeze_panes(1, 0)

    def rows(self, rows: Iterable[Iterable[Any]]) -> None:
        """More rows. Numbers and dates are true ones; a time is that of the workbook's zone."""
        for row in rows:
            for column, value in enumerate(row):
                self._write(column, value)
            self._n += 1

    def _write(self, column: int, value: Any) -> None:
        sheet, row = self._sheet, self._n
        match value:
            case None | "":
                return
            case bool():
                sheet.write_boolean(row, column, value)
            case int() | float() if abs(value) < 10**_MOST_DIGITS:
                sheet.write_number(row, column, value)
            case datetime() if value.year > _FIRST_YEAR:
                local = value.astimezone(self._zone).replace(tzinfo=None)
                sheet.write_datetime(row, column, local, self._formats["moment"])
            case date() if value.year > _FIRST_YEAR:
                sheet.write_datetime(row, column, datetime(*value.timetuple()[:3]), self._formats["day"])  # noqa: DTZ001 - Days have no zone.
            case _:
                text = str(value)
                sheet.write_string(
                    row, column, text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
                )


class Spreadsheet:
    """A workbook that is being written; times are shown in its zone."""

    def __init__(self, book: Workbook, zone: ZoneInfo) -> None:
        self._book, self._zone, self._is_closed = book, zone, False
        self._formats = {
            "header": book.add_format({"bold": True, "bottom": 1}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }

    def close(self) -> None:
        """Write it all into the file, which takes long for many rows."""
        if not self._is_closed:
            self._is_closed = True
            self._book.close()

    def sheet(self, name: str, *, width: float = _WIDTH) -> Sheet:
        """A new sheet after the others, with columns of this width."""
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, 16_383, width)
        return Sheet(sheet, self._formats, self._zone)


@contextmanager
def spreadsheet(file: IO[bytes], zone: ZoneInfo) -> Iterator[Spreadsheet]:
    """Write a workbook into the file; it is complete at the end of the block."""
    book = Spreadsheet(Workbook(file, _OPTIONS), zone)
    try:
        yield book
    finally:
        book.close()
