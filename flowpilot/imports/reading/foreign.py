"""What is no export at all: said by what it is, and not by where the reading of a table fails."""

import csv
import io
from collections import Counter
from typing import IO

from flowpilot.imports.reading.encodings import HEAD, marked_encoding
from flowpilot.imports.reading.header import LOOKED_AT, header_place
from flowpilot.imports.reading.unpacking import members_of

SEPARATORS = (",", ";", "\t", "|", "^")
_MAGIC = {
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}
_MEMBERS = {"word/document.xml": "a Word document", "ppt/presentation.xml": "a presentation"}
# Of so few lines nothing can be said.
_FEWEST = 3
_MOST = 0.5


def no_export(file: IO[bytes], name: str) -> str | None:
    """What to do, if the file is none that tickets are exported to. It is read from its beginning afterwards."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    what = _what(head, members_of(file))
    if what is None:
        return None
    return (
        f"{name} is {what}, which has no rows and columns to read. Export the tickets from your ticket system"
        " as CSV, a spreadsheet (xlsx), JSON or XES, and choose that file."
    )


def _what(head: bytes, members: list[str]) -> str | None:
    for begin, what in _MAGIC.items():
        if head.startswith(begin):
            return what
    for member, what in _MEMBERS.items():
        if member in members:
            return what
    if head.startswith(b"PK") or (b"\0" in head and marked_encoding(head) is None):
        return None
    text = head.decode(marked_encoding(head) or "latin-1", errors="replace").lstrip("\ufeffï»¿ \t\r\n")
    return "a text" if is_prose(text) else None


def is_prose(text: str) -> bool:
    """Whether a text is no table: no character stands equally often in its first lines, as a separator does."""
    if text.startswith(("{", "[", "<")):
        return False
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT]
    if len(lines) < _FEWEST or any(_fits(text, separator) for separator in SEPARATORS):
        return False
    marks = {character for line in lines for character in line if not character.isalnum() and character != " "}
    return not any(_is_regular(lines, mark) for mark in marks)


def _fits(text: str, separator: str) -> bool:
    try:
        records = [fields for fields in csv.reader(io.StringIO(text), delimiter=separator) if fields][:LOOKED_AT]
    except csv.Error:
        return False
    widths = [len(fields) for fields in records[header_place(records) :]]
    return bool(widths) and widths[0] > 1 and widths.count(widths[0]) >= _MOST * len(widths)


def _is_regular(lines: list[str], mark: str) -> bool:
    often, lines_with = Counter(line.count(mark) for line in lines).most_common(1)[0]
    return often > 0 and lines_with >= _MOST * len(lines)
