"""Spreadsheets: xlsx, xls, xlsb and ods, one sheet of them."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from threading import Timer
from typing import Any

from flowpilot.imports.reading.errors import BadRowError, LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.footers import Record, in_words, rows_above
from flowpilot.imports.reading.header import first_of, header_place
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.unpacking import Unpacked, largest_of

# A sheet is held in memory.
LARGEST_BYTES = 2**30
_PROGRAM = Path(__file__).with_name("sheet.py")
# Beyond it, a spreadsheet's numbers have lost digits.
_LARGEST_EXACT = 2**53


class SpreadsheetTable:
    """A sheet. Its header is the first row that names columns, and moments are as in ISO 8601 without a zone."""

    doubt: str | None = None
    has_all_columns = True

    def __init__(self, source: Unpacked, layout: Layout) -> None:
        _refuse_bombs(source)
        self._source = source
        rows = enumerate(_sheet(source, layout.sheet), 1)
        first, others = first_of((line, cells) for line, cells in rows if line >= layout.header_line)
        read = [(line, [str(cell).strip() for cell in cells]) for line, cells in first]
        place = header_place([cells for _, cells in read])
        self.header_line, self.header = read[place] if read else (1, [])
        while self.header and not self.header[-1]:
            self.header.pop()
        if not self.header:
            raise LogFileError(f"{source.name} is empty: it needs a header line and rows.")
        self.left_out = [in_words(record) for record in read[:place] if any(record[1])]
        self._rows = chain(first[place + 1 :], others)

    @property
    def bytes_read(self) -> int:
        """The whole file is read when it is opened."""
        return self._source.size

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:
        """The sheet's row and its cells. Rows without a value are skipped; what stands below the rows is left out.

        A row with a number that has more digits than a spreadsheet keeps is given to `on_bad`.

        Raises:
            LogFileError: the sheet needs too much memory.
        """
        yield from rows_above(self._texts(on_bad), len(self.header), self.left_out)

    def _texts(self, on_bad: OnBadRow) -> Iterator[Record]:
        for line, all_cells in self._rows:
            cells = all_cells[: len(self.header)]
            try:
                texts = [_text(line, cell) for cell in cells]
            except BadRowError as error:
                on_bad(error, [str(cell) for cell in cells])
                continue
            yield line, texts


def _sheet(source: Unpacked, name: str | None) -> Iterator[list[Any]]:
    """The rows of the sheet. What reads them ends with the file."""
    lines = _lines(source, name)
    found = next(lines)
    if "problem" in found:
        raise LogFileError(f"{source.name} cannot be read as a spreadsheet: {found['problem']}.")
    if name is not None and not found["filled"]:
        raise LogFileError(f"{source.name} has no sheet {name}: it has {', '.join(found['sheets'])}.")
    filled = found["filled"]
    if len(filled) != 1:
        raise LogFileError(
            f"{source.name} has {len(filled)} sheets with rows ({', '.join(filled)}): say which one with"
            ' `sheet = "…"` under [file].'
            if filled
            else f"{source.name} is empty: it needs a header line and rows.",
            sheets=filled,
        )
    return lines


def _lines(source: Unpacked, name: str | None) -> Iterator[Any]:
    command = [sys.executable, "-P", str(_PROGRAM), *([] if name is None else [name])]
    source.file.seek(0)
    running = subprocess.Popen(  # noqa: S603 (our own program)
        command, stdin=source.file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    source.ending.callback(_stop, running)
    if source.limit is not None:
        alarm = Timer(source.limit.seconds_left, running.kill)
        alarm.start()
        source.ending.callback(alarm.cancel)
    assert running.stdout is not None
    # A line without an end is one that the process did not come to the end of.
    lines = (json.loads(line) for line in running.stdout if line.endswith(b"\n"))
    return chain(lines, _end(source, running))


def _end(source: Unpacked, running: "subprocess.Popen[bytes]") -> Iterator[Any]:
    """Nothing more, once the process has read all of the sheet.

    Raises:
        LogFileError: it could not.
    """
    code = running.wait()
    if source.limit is not None:
        source.limit.check()
    if code < 0:
        raise LogFileError(
            f"{source.name} needs more memory or time than a spreadsheet may. Often the reason is one cell far"
            " below or right of the others: in the spreadsheet, Ctrl+End goes there, and the empty rows and"
            " columns before it can be deleted. Or save it as CSV, which may be of any size."
        )
    if code > 0:
        raise LogFileError(f"{source.name} cannot be read as a spreadsheet: it is damaged.")
    yield from ()


def _stop(running: "subprocess.Popen[bytes]") -> None:
    running.kill()
    assert running.stdout is not None
    running.stdout.close()
    running.wait()


def _refuse_bombs(source: Unpacked) -> None:
    if not zipfile.is_zipfile(source.file):
        return
    source.file.seek(0)
    with zipfile.ZipFile(source.file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    source.file.seek(0)
    largest = min(LARGEST_BYTES, largest_of(source.size))
    if size > largest:
        raise LogFileError(
            f"{source.name} unpacks to {size // 2**20:,} MB, and {largest // 2**20:,} MB are read at most of a"
            " spreadsheet of its size: save it as CSV, which may be of any size."
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
    return str(cell).strip()
