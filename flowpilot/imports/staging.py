"""Check every row of a log, and let PostgreSQL sort the rows, so that memory does not grow with the file."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from psycopg import Connection

from flowpilot.imports.cases import Row
from flowpilot.imports.mapping import ColumnUse, Mapping, MappingError
from flowpilot.imports.progress import ImportProgress, OnProgress
from flowpilot.imports.reader import BadRowError, LogReader

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_LENGTHS = {"client": 200, "name": 300}
_FETCH_ROWS = 5_000
_TELL_EVERY_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is read: its place in the file, and what its values must be."""

    name: str
    place: int
    kinds: frozenset[str]
    required: bool


def stage(connection: Connection, reader: LogReader, mapping: Mapping, on_progress: OnProgress) -> int:
    """Check all rows into the temporary table `staged` and return how many there are.

    Raises:
        MappingError: the file does not have a column that the mapping names.
        BadRowError: a row cannot be used.
    """
    connection.execute(
        "CREATE TEMP TABLE staged (case_id text, rank numeric[], line bigint, cells json) ON COMMIT DROP"
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
        for count, row in enumerate(_checked(reader, mapping), 1):
            copy.write_row(row)
            if count % _TELL_EVERY_ROWS == 0:
                on_progress(ImportProgress("reading", reader.bytes_read, reader.size))
    return count


def drop_cases_already_here(connection: Connection, account_id: UUID) -> tuple[int, int]:
    """Remove cases whose ticket the account has from `staged`, and return how many rows and cases they were."""
    found = connection.execute(
        "WITH gone AS (DELETE FROM staged WHERE case_id IN "
        "(SELECT psa_ticket_id FROM ai_sessions WHERE account_id = %s) RETURNING case_id) "
        "SELECT count(*), count(DISTINCT case_id) FROM gone",
        (account_id,),
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def staged_cases(connection: Connection, mapping: Mapping) -> Iterator[tuple[str, list[Row]]]:
    """The id of each case and its rows, in order."""
    columns = list(mapping.uses)
    with connection.cursor("staged_cases") as cursor:
        cursor.itersize = _FETCH_ROWS
        cursor.execute('SELECT case_id, cells FROM staged ORDER BY case_id COLLATE "C", rank, line')
        for case_id, rows in groupby(cursor, key=itemgetter(0)):
            yield case_id, [dict(zip(columns, cells, strict=True)) for _, cells in rows]


def _checked(reader: LogReader, mapping: Mapping) -> Iterator[tuple[str, str, int, str]]:
    columns = _columns(reader, mapping)
    for line, fields in reader.rows():
        cells = [_cell(line, column, fields[column.place], mapping) for column in columns]
        row = dict(zip(mapping.uses, cells, strict=True))
        case_id = row[mapping.case.id]
        assert case_id is not None
        yield case_id, _rank(row, mapping), line, json.dumps(cells)


def _columns(reader: LogReader, mapping: Mapping) -> list[_Column]:
    columns = []
    for name, uses in mapping.uses.items():
        if reader.header.count(name) != 1:
            trouble = "several columns" if name in reader.header else "no column"
            raise MappingError(
                f"{reader.name} has {trouble} {name}, "
                f"which the mapping {mapping.name} names in {', '.join(uses)}: "
                "correct the mapping, or export the log with that column."
            )
        kinds = _kinds(uses.values())
        required = any(use.required for use in uses.values())
        columns.append(_Column(name, reader.header.index(name), kinds, required))
    return columns


def _kinds(uses: Iterable[ColumnUse]) -> frozenset[str]:
    kinds = {use.kind for use in uses}
    return frozenset(kinds if "order" not in kinds or "time" in kinds else {*kinds, "number"})


def _cell(line: int, column: _Column, text: str, mapping: Mapping) -> str | None:
    """The value of a cell as the mapping uses it; None if it is unknown."""
    if text in mapping.file.unknown:
        if column.required:
            raise BadRowError(line, f"{column.name} is {text!r}, which means unknown, but every row needs a value")
        return None
    if "\0" in text:
        raise BadRowError(line, f"{column.name} holds a NUL character")
    if "time" in column.kinds:
        try:
            mapping.times.parse(text)
        except ValueError:
            raise BadRowError(
                line, f"{column.name} is {text!r}, expected a time like {mapping.times.format}"
            ) from None
    if "number" in column.kinds and not _NUMBER.fullmatch(text):
        raise BadRowError(line, f"{column.name} is {text!r}, expected a number")
    longest = min((_LENGTHS[kind] for kind in column.kinds & _LENGTHS.keys()), default=len(text))
    if len(text) > longest:
        raise BadRowError(line, f"{column.name} is longer than {longest} characters")
    return text


def _rank(row: Row, mapping: Mapping) -> str:
    """A row's place in its case, as the literal of a PostgreSQL array."""
    return f"{{{','.join(_number(column, row[column], mapping) for column in mapping.case.order)}}}"


def _number(column: str, text: str | None, mapping: Mapping) -> str:
    assert text is not None
    if any(use.kind == "time" for use in mapping.uses[column].values()):
        return str(mapping.times.parse(text).timestamp())
    return text
