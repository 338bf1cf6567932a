"""JSON: a list of records, a document that holds one, or one record a line."""

import codecs
import json
import shutil
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import IO, Any

import ijson

from flowpilot.imports.reading.bounds import BeyondBoundsError, Bounded
from flowpilot.imports.reading.encodings import HEAD, marked_encoding
from flowpilot.imports.reading.errors import BadRowError, LogFileError, OnBadRow, refuse
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.table import columns_of
from flowpilot.imports.reading.unpacking import Unpacked

# A document is looked through this far for its lists of records.
_MOST_EVENTS = 50_000
# One record a line: it may have cells of 10 MB.
LONGEST_LINE = 20 * 2**20
_PIECE = 2**16


class RecordTable:
    """Records as rows: a column for each path to a value, as in "fields.status.name". Lists are joined."""

    doubt: str | None = None

    header_line = None

    def __init__(self, source: Unpacked, layout: Layout) -> None:
        self._source = source = _in_utf8(source)
        self._prefix, self.left_out = _prefix(source, layout.records)
        # What cannot be read is said with the rows.
        records = self._records(lambda _error, _fields: None)
        self.header, self.has_all_columns = columns_of(source, (record for _, record in records))
        if not self.header:
            raise LogFileError(f"{source.name} holds no records.")

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, the second time."""
        return self._source.file.tell()

    def rows(self, on_bad: OnBadRow = refuse) -> Iterator[tuple[int, list[str]]]:
        """The number of each record, from 1, and its values. What a record does not have, or is null, is empty.

        Of one record a line, a line that is none is given to `on_bad`; so is what is no record in a list of them.

        Raises:
            BadRowError: what follows is not valid.
        """
        for line, record in self._records(on_bad):
            yield line, [record.get(name, "") for name in self.header]

    def _records(self, on_bad: OnBadRow) -> Iterator[tuple[int, dict[str, str]]]:
        _to_the_text(self._source.file)
        found = _lines(self._source.file, on_bad) if self._prefix is None else _items(self._source, self._prefix)
        line = 0
        try:
            for line, record in found:
                if isinstance(record, dict):
                    yield line, dict(_flat(record))
                    continue
                said = _text(record)[:60]
                problem = f'expected a record like {{"key": …}}, found {said}'
                on_bad(BadRowError(line, problem, found=said, expected='{"key": …}'), [])
        except RecursionError as error:
            raise BadRowError(
                line + 1, "here or just before, the record has too many levels within each other"
            ) from error


def _in_utf8(source: Unpacked) -> Unpacked:
    """The file in the encoding of JSON: programs on Windows write UTF-16."""
    encoding = marked_encoding(source.file.read(HEAD))
    source.file.seek(0)
    if encoding is None or encoding == "utf-8-sig":
        return source
    plain = source.ending.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (it ends with the file)
    try:
        shutil.copyfileobj(codecs.getreader(encoding)(source.file), codecs.getwriter("utf-8")(plain))
    except UnicodeError as error:
        raise LogFileError(f"{source.name} is not {encoding} text ({error}).") from error
    return replace(source, file=plain, size=plain.tell())


def _prefix(source: Unpacked, records: str | None) -> tuple[str | None, list[str]]:
    """The path of the records in a document, as ijson takes it, and which other lists are not read.

    The path is None for one record a line. Of several lists it is that of the longest.
    """
    if records is not None:
        return (f"{records}.item" if records else "item"), []
    if _has_records_in_lines(source.file):
        return None, []
    _to_the_text(source.file)
    try:
        lists, is_whole = _lists(source.file)
    except (ijson.JSONError, UnicodeError, BeyondBoundsError) as error:
        raise LogFileError(f"{source.name} is not valid JSON: {_first_line_of(error)}.") from error
    if lists:
        return _longest(source.name, lists, is_whole=is_whole)
    if _is_record(source.file):
        return None, []
    raise LogFileError(
        f'{source.name} holds no list of records: say where they are with `records = "…"` under [file], as in'
        ' "result.items".'
    )


def _lists(file: IO[bytes]) -> tuple[dict[str, int], bool]:
    """How many records each list of a document has, without lists in records; and whether all was read."""
    lists: dict[str, int] = {}
    events = ijson.parse(Bounded(file))
    for prefix, event, _ in islice(events, _MOST_EVENTS):
        if event == "start_map" and prefix.endswith("item"):
            if prefix == "item":
                return {"item": 1}, True  # The document is the list.
            if not any(prefix.startswith(f"{other}.") for other in lists):
                lists[prefix] = lists.get(prefix, 0) + 1
    return lists, next(events, None) is None


def _longest(name: str, lists: dict[str, int], *, is_whole: bool) -> tuple[str, list[str]]:
    *others, longest = sorted(lists, key=lambda prefix: lists[prefix])
    # The list at which the reading ended may be the longest.
    is_sure = is_whole or longest == list(lists)[-1]
    if others and (lists[others[-1]] == lists[longest] or not is_sure):
        paths = [prefix.removesuffix(".item") for prefix in lists]
        raise LogFileError(
            f'{name} holds several lists of records ({", ".join(paths)}): say which one with `records = "…"` under'
            " [file].",
            lists=paths,
        )
    return longest, [
        f"The list {prefix.removesuffix('.item')}: {lists[prefix]:,} records"
        for prefix in lists
        if prefix != longest
    ]


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


def _lines(file: IO[bytes], on_bad: OnBadRow) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise BadRowError(number, f"longer than {LONGEST_LINE // 2**20} MB")
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                on_bad(BadRowError(number, f"not valid JSON ({error})"), [])
                continue
            yield number, record


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
