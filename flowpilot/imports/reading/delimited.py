"""CSV in its habits: any separator, quotes, a `sep=` line, lines above the header and below the rows."""

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice

from flowpilot.imports.reading.encodings import Letters, letters_of
from flowpilot.imports.reading.errors import BadRowError, LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.footers import in_words, rows_above
from flowpilot.imports.reading.foreign import SEPARATORS
from flowpilot.imports.reading.header import LOOKED_AT, first_of, header_place
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.unpacking import Unpacked

LONGEST_CELL = 10 * 2**20
_SAMPLE_CHARACTERS = 2**16
# Below the rows there may be so many lines that are none.
_MOST_BELOW = 10


class DelimitedTable:
    """A text file with one row a line, or more if a cell in quotes holds line breaks."""

    has_all_columns = True

    def __init__(self, source: Unpacked, layout: Layout) -> None:
        csv.field_size_limit(LONGEST_CELL)
        self._source = source
        letters = Letters(layout.encoding) if layout.encoding else letters_of(source.file)
        self._encoding, self.doubt = letters.encoding, letters.doubt
        text = io.TextIOWrapper(source.file, encoding=letters.encoding, errors=letters.errors, newline="")
        try:
            self._skipped, separator = _skip(text, layout)
            separator = layout.delimiter or separator or _separator(text, layout.quote)
        except UnicodeError as error:
            raise BadRowError(1, f"here or soon after, the file is not {self._encoding} text ({error})") from error
        self._csv = csv.reader(text, delimiter=separator, quotechar=layout.quote, strict=True)
        first, others = first_of(self._records())
        place = header_place([fields for _, fields in first])
        self.header_line, self.header = first[place] if first else (1, [])
        if not self.header:
            raise LogFileError(f"{source.name} is empty: it needs a header line and rows.")
        self.left_out = [in_words(record) for record in first[:place] if any(record[1])]
        self._below = chain(first[place + 1 :], others)

    @property
    def bytes_read(self) -> int:
        """How far the file has been read."""
        return self._source.file.tell()

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:
        """The line in which each row begins, and its fields. Blank lines and lines below the rows are left out.

        A row with more or fewer fields than the header is given to `on_bad`.

        Raises:
            BadRowError: quotes do not match, or what follows is no text.
        """
        width = len(self.header)
        for line, fields in rows_above(self._below, width, self.left_out, _MOST_BELOW):
            if len(fields) == width:
                yield line, fields
                continue
            problem = f"expected {width} fields as in the header, found {len(fields)}"
            facts = {"found": f"{len(fields)} fields", "expected": f"{width} fields", "columns": self.header}
            on_bad(BadRowError(line, problem, **facts), fields)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        line = self._skipped + self._csv.line_num + 1
        try:
            for fields in self._csv:
                yield line, fields
                line = self._skipped + self._csv.line_num + 1
        except csv.Error as error:
            raise BadRowError(line, f"not readable as CSV ({error})") from error
        except UnicodeError as error:
            raise BadRowError(
                line, f"here or soon after, the file is not {self._encoding} text ({error})"
            ) from error


def _skip(text: io.TextIOWrapper, layout: Layout) -> tuple[int, str | None]:
    """Go to the header. Return how many lines that were, and the separator of a `sep=` line."""
    for _ in range(layout.header_line - 1):
        if not text.readline():
            break
    skipped, separator = layout.header_line - 1, None
    place = text.tell()
    first = text.readline(_SAMPLE_CHARACTERS).strip("\r\n")
    if first.lower().startswith("sep=") and len(first) == len("sep=") + 1:
        return skipped + 1, first[-1]
    text.seek(place)
    return skipped, separator


def _separator(text: io.TextIOWrapper, quote: str) -> str:
    """The separator under which the most of the first records have as many fields as the header has."""
    place = text.tell()
    sample = text.read(_SAMPLE_CHARACTERS)
    text.seek(place)

    def fit(separator: str) -> tuple[float, int]:
        try:
            records = csv.reader(io.StringIO(sample), delimiter=separator, quotechar=quote)
            first = [fields for fields in islice(records, LOOKED_AT) if fields]
        except csv.Error:
            return 0, 0
        widths = [len(fields) for fields in first[header_place(first) :]]
        if not widths or widths[0] < 2:
            return 0, 0
        return sum(width == widths[0] for width in widths) / len(first), widths[0]

    return max(SEPARATORS, key=fit)
