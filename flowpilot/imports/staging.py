"""Check every row of a log, and let PostgreSQL sort the rows, so that memory does not grow with the file."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import LiteralString

from psycopg import Connection, ServerCursor
from psycopg.sql import SQL
from pydantic_core import from_json

from flowpilot.db.bulk import escaped, json_of
from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case, Row
from flowpilot.imports.case.session import UnknownBeginError
from flowpilot.imports.checking import Checker, Remembered
from flowpilot.imports.mapping.sections import is_time
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.progress import ImportProgress, OddTimes, OnProgress, RepeatedRows
from flowpilot.imports.reading.errors import BadRowError
from flowpilot.imports.reading.opening import LogReader
from flowpilot.imports.unusable import UnusableRows

_FETCH_ROWS = 5_000
_TELL_EVERY_ROWS = 1_000

# The id of a case, the line of a row, and its cells as JSON.
_StagedRow = tuple[str, int, str]


@dataclass
class Direction:
    """Whether a file begins with what happened last, by the times of rows on end: if it can, of one case."""

    falls_within: int = 0
    falls: int = 0
    _last: tuple[str, datetime] | None = None

    def see(self, case_id: str, at: datetime) -> None:
        """Count one more row, in the file's order."""
        if self._last is not None and at != self._last[1]:
            fall = 1 if at < self._last[1] else -1
            self.falls += fall
            self.falls_within += fall if case_id == self._last[0] else 0
        self._last = (case_id, at)

    @property
    def is_newest_first(self) -> bool:
        """Whether more times fall than rise."""
        return (self.falls_within or self.falls) > 0


@dataclass(frozen=True, slots=True)
class Staged:
    """How many rows were staged, and whether the file begins with what happened last.

    Also which times are odd, which rows were left out because they cannot be used, and which do not count because
    a later one is of the same ticket: that is known once all cases were read.
    """

    rows: int
    newest_first: bool
    odd_times: OddTimes
    unusable: UnusableRows
    repeated: RepeatedRows = field(default_factory=RepeatedRows)


@dataclass(frozen=True, slots=True)
class StagedCase:
    """The id of a case, its rows in order, and what they mean; None if the mapping leaves the case out.

    `as_json` are the rows as lists, in the order of the mapping's columns.
    """

    ticket: str
    rows: list[Row]
    as_json: str
    case: Case | None


def stage(
    connection: Connection, reader: LogReader, mapping: Mapping, on_progress: OnProgress, now: datetime
) -> Staged:
    """Check all rows into the temporary table `staged`.

    A row that cannot be used is left out if the mapping says so, with all rows of its case: without that row the
    others could say what is not true.

    Raises:
        MappingError: the file does not have a column that the mapping names.
        BadRowError: a row cannot be read.
        UnusableRowsError: rows cannot be used, and may not be left out, or none would be left.
    """
    ranks = "text" if mapping.case.order_as == "text" else "numeric"
    connection.execute(
        f"CREATE TEMP TABLE staged (case_id text, rank {ranks}[], line bigint, cells json) ON COMMIT DROP"
    )
    direction, count, checker = Direction(), 0, Checker(reader, mapping, now)
    unusable = UnusableRows(is_left_out=mapping.file.leave_out_unusable)
    with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
        rows = _checked(reader, checker, mapping, direction, unusable)
        while lines := list(islice(rows, _TELL_EVERY_ROWS)):
            copy.write("".join(lines))
            count += len(lines)
            if len(lines) == _TELL_EVERY_ROWS:
                on_progress(ImportProgress("reading", reader.bytes_read, reader.size))
    if unusable.rows:
        count -= _leave_out(connection, unusable)
    if not unusable.is_left_out or not count:
        unusable.refuse()
    # PostgreSQL counts no temporary table by itself, and would compare each row with each case that is known.
    connection.execute("ANALYZE staged (case_id)")
    stated = mapping.case.newest_first
    newest_first = direction.is_newest_first if stated is None else stated
    return Staged(count, newest_first, checker.odd_times, unusable)


def _leave_out(connection: Connection, unusable: UnusableRows) -> int:
    """Remove the cases with rows that cannot be used, and return how many rows that were."""
    counted = connection.execute("SELECT count(DISTINCT case_id) FROM staged WHERE cells IS NULL").fetchone()
    unusable.tickets = 0 if counted is None else counted[0]
    removed = connection.execute(
        "DELETE FROM staged WHERE case_id IN (SELECT case_id FROM staged WHERE cells IS NULL)"
    )
    return removed.rowcount


class RowsAhead:
    """Staged rows that are fetched before they are needed, so that the server can do something else meanwhile.

    `wait` is called before any are fetched because none are left: until the server has done that.
    """

    def __init__(self, wait: Callable[[], None] = lambda: None) -> None:
        self._wait = wait
        self._rows = deque[_StagedRow]()
        self._cursor: ServerCursor[_StagedRow] | None = None

    def fetch(self) -> None:
        """Fetch so many rows that a batch can be made of them, if there are any more."""
        while self._cursor is not None and len(self._rows) < 2 * _FETCH_ROWS:
            fetched = self._cursor.fetchmany(_FETCH_ROWS)
            self._rows += fetched
            if len(fetched) < _FETCH_ROWS:
                self._cursor = None

    def of(self, cursor: ServerCursor[_StagedRow]) -> Iterator[_StagedRow]:
        """The rows of a query."""
        self._cursor = cursor
        while True:
            if not self._rows:
                self._wait()
                self.fetch()
            if not self._rows:
                return
            yield self._rows.popleft()


def staged_cases(
    connection: Connection, mapping: Mapping, staged: Staged, ahead: RowsAhead | None = None
) -> Iterator[StagedCase]:
    """The cases of a log. Rows of equal rank are in the order of their times; if those are equal, too, as in the
    file, or against it.

    Cases that cannot be used are added to `staged.unusable`.

    Raises:
        UnusableRowsError: at the end, if there are any that may not be left out, or no others.
    """
    unusable, are_all = staged.unusable, True
    columns = list(mapping.uses)
    ordered = _ordered(connection, mapping, ahead or RowsAhead(), newest_first=staged.newest_first)
    for ticket, line, as_json in ordered:
        rows: list[Row] = [dict(zip(columns, cells, strict=True)) for cells in from_json(as_json)]
        try:
            case = build_case(ticket, rows, mapping)
        except UnknownBeginError as error:
            unusable.add(BadRowError(line, error.problem), _number(ticket, rows, mapping))
            unusable.tickets += 1
            continue
        are_all = False
        if mapping.ticket is not None and case is not None:
            staged.repeated.see(_number(ticket, rows, mapping), rows)
        yield StagedCase(ticket, rows, as_json, case)
    if are_all or not unusable.is_left_out:
        unusable.refuse()


def built_cases(connection: Connection, mapping: Mapping, tickets: Sequence[str]) -> Iterator[tuple[str, Case]]:
    """The cases of these tickets: what can be known of them before it is known to which sessions they belong."""
    columns = list(mapping.uses)
    for ticket, _, as_json in _ordered(
        connection, mapping, RowsAhead(), newest_first=False, tickets=list(tickets)
    ):
        rows: list[Row] = [dict(zip(columns, cells, strict=True)) for cells in from_json(as_json)]
        with suppress(UnknownBeginError):
            if (case := build_case(ticket, rows, mapping)) is not None:
                yield ticket, case


def _number(ticket: str, rows: Sequence[Row], mapping: Mapping) -> str:
    """The number that people know the ticket by."""
    return rows[-1].get(mapping.case.number or "") or ticket


def _ordered(
    connection: Connection,
    mapping: Mapping,
    ahead: RowsAhead,
    *,
    newest_first: bool,
    tickets: list[str] | None = None,
) -> Iterator[_StagedRow]:
    """The id of each case, the line of its first row, and its rows as JSON; of these tickets, or of all."""
    ranks: LiteralString = 'rank COLLATE "C"' if mapping.case.order_as == "text" else "rank"
    with connection.cursor("staged_cases") as cursor:
        query = SQL(
            "SELECT case_id, line, cells::text FROM staged WHERE %(tickets)s::text[] IS NULL"
            ' OR case_id = ANY(%(tickets)s) ORDER BY case_id COLLATE "C", {}, line {}'
        )
        direction = SQL("DESC" if newest_first else "ASC")
        cursor.execute(query.format(SQL(ranks), direction), {"tickets": tickets})
        for case_id, of_case in groupby(ahead.of(cursor), key=itemgetter(0)):
            rows = list(of_case)
            yield case_id, rows[0][1], f"[{','.join(cells for _, _, cells in rows)}]"


def _checked(
    reader: LogReader, checker: Checker, mapping: Mapping, direction: Direction, unusable: UnusableRows
) -> Iterator[str]:
    """The rows as lines of COPY; of those that cannot be used, only the case."""
    wrong: list[str] = []

    def leave_out(error: BadRowError, fields: Sequence[str]) -> None:
        case, number = checker.case_of(fields)
        unusable.add(error, number)
        if case is not None:
            wrong.append(f"{escaped(case)}\t\\N\t{error.line}\t\\N\n")

    columns, ranks = list(mapping.uses), _ranks(mapping)
    id_place, at_place, moments = columns.index(mapping.case.id), 0, None
    if mapping.row is not None:
        at_place, moments = columns.index(mapping.row.at), Remembered(mapping.times.parser(mapping.row.at))
    for line, fields in reader.rows(leave_out):
        if wrong:
            yield from wrong
            wrong.clear()
        try:
            cells = checker.cells(line, fields)
        except BadRowError as error:
            leave_out(error, fields)
            continue
        case_id = cells[id_place]
        assert case_id is not None
        if moments is not None:
            direction.see(case_id, moments[cells[at_place]])
        rank = ",".join([known[cells[place]] for place, known in ranks])
        yield f"{escaped(case_id)}\t{{{escaped(rank)}}}\t{line}\t{json_of(cells)}\n"
    yield from wrong


def _ranks(mapping: Mapping) -> list[tuple[int, Remembered[str]]]:
    """What says a row's place in its case: what `order` names, and then its time.

    Each is a column's place in the row, and what its texts are as elements of a PostgreSQL array.
    """
    columns = mapping.case.order if mapping.row is None else (*mapping.case.order, mapping.row.at)
    places = list(mapping.uses)
    return [(places.index(column), Remembered(_ranking(mapping, column))) for column in columns]


def _ranking(mapping: Mapping, column: str) -> Callable[[str], str]:
    is_text = mapping.case.order_as == "text"
    if is_time(mapping.uses[column]):
        parse = mapping.times.parser(column)
        if is_text:
            return lambda text: f"{parse(text).timestamp():024.6f}"
        return lambda text: str(parse(text).timestamp())
    return partial(json.dumps, ensure_ascii=False) if is_text else str
