"""JSON: a list of records, a document that holds one, or one record a line."""

import codecs
import json
import shutil
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import IO, Any

import ijson

from flowpilot.imports.reading.bounds import BeyondBoundsError, Bounded
from flowpilot.imports.reading.encodings import marked_encoding
from flowpilot.imports.reading.errors import BadRowError, LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.table import columns_of
from flowpilot.imports.reading.unpacking import Unpacked

# A document is looked through this far for its first list of records.
_MOST_EVENTS = 10_000
# One record a line: it may have cells of 10 MB.
LONGEST_LINE = 20 * 2**20
_PIECE = 2**16


class RecordTable:
    """Records as rows: a column for each path to a value, as in "fields.status.name". Lists are joined."""

    def __init__(self, source: Unpacked, layout: Layout) -> None:
        self._source = source = _in_utf8(source)
        self.left_out: list[str] = []
        self._prefix = _prefix(source, layout.records)
        self.header, self.has_all_columns = columns_of(source, (record for _, record in self._records()))
        if not self.header:
            raise LogFileError(f"{source.name} holds no records.")

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, the second time."""
        return self._source.file.tell()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The number of each record, from 1, and its values. What a record does not have, or is null, is empty.

        Raises:
            BadRowError: a record is not valid.
        """
        for line, record in self._records():
            yield line, [record.get(name, "") for name in self.header]

    def _records(self) -> Iterator[tuple[int, dict[str, str]]]:
        _to_the_text(self._source.file)
        found = _lines(self._source.file) if self._prefix is None else _items(self._source, self._prefix)
        line = 0
        try:
            for line, record in found:
                if not isinstance(record, dict):
                    raise BadRowError(line, f'expected a record like {{"key": …}}, found {_text(record)[:60]}')
                yield line, dict(_flat(record))
        except RecursionError as error:
            raise BadRowError(
                line + 1, "here or just before, the record has too many levels within each other"
            ) from error


def _in_utf8(source: Unpacked) -> Unpacked:
    """The file in the encoding of JSON: programs on Windows write UTF-16."""
    encoding = marked_encoding(source.file.read(4))
    source.file.seek(0)
    if encoding is None or encoding == "utf-8-sig":
        return source
    plain = source.ending.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (it ends with the file)
    try:
        shutil.copyfileobj(codecs.getreader(encoding)(source.file), codecs.getwriter("utf-8")(plain))
    except UnicodeError as error:
        raise LogFileError(f"{source.name} is not {encoding} text ({error}).") from error
    return replace(source, file=plain, size=plain.tell())


def _prefix(source: Unpacked, records: str | None) -> str | None:
    """The path of the records in a document, as ijson takes it; None for one record a line."""
    if records is not None:
        return f"{records}.item"
    if _has_records_in_lines(source.file):
        return None
    _to_the_text(source.file)
    try:
        events = ijson.parse(Bounded(source.file))
        for _, (prefix, event, _) in zip(range(_MOST_EVENTS), events, strict=False):
            if event == "start_map" and prefix.endswith("item"):
                return str(prefix)
    except (ijson.JSONError, UnicodeError, BeyondBoundsError) as error:
        raise LogFileError(f"{source.name} is not valid JSON: {_first_line_of(error)}.") from error
    if _is_record(source.file):
        return None
    raise LogFileError(
        f'{source.name} holds no list of records: say where they are with `records = "…"` under [file], as in'
        ' "result.items".'
    )


def _to_the_text(file: IO[bytes]) -> None:
    """Go to the beginning, after the byte order mark if there is one."""
    file.seek(0)
    if file.read(len(BOM_UTF8)) != BOM_UTF8:
        file.seek(0)


def _has_records_in_lines(file: IO[bytes]) -> bool:
    """Whether the first line is a record, and another line follows."""
    return _is_record(file) and any(piece.strip() for piece in iter(partial(file.readline, _PIECE), b""))


def _is_record(file: IO[bytes]) -> bool:
    """Whether the first line is a record. Leaves the file after it. A document may be one line of any length."""
    _to_the_text(file)
    line = file.readline(LONGEST_LINE + 1)
    try:
        return len(line) <= LONGEST_LINE and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _first_line_of(error: Exception) -> str:
    return str(error).partition("\n")[0].strip(" .")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise BadRowError(number, f"longer than {LONGEST_LINE // 2**20} MB")
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise BadRowError(number, f"not valid JSON ({error})") from error


def _items(source: Unpacked, prefix: str) -> Iterator[tuple[int, Any]]:
    number = 0
    try:
        for number, record in enumerate(ijson.items(Bounded(source.file), prefix), 1):
            yield number, record
    except (ijson.JSONError, UnicodeError, BeyondBoundsError) as error:
        raise BadRowError(number + 1, f"not valid JSON ({_first_line_of(error)})") from error


def _flat(record: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield _storable(f"{path}{key}"), _storable(_text(value))


def _storable(text: str) -> str:
    """The text with a question mark for each half of a character, which JSON can name and nothing can store."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(
            json.dumps(one, ensure_ascii=False, default=str) if isinstance(one, dict | list) else _text(one)
            for one in value
        )
    return str(value)
