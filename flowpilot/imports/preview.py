"""Read a log as an import would, and write nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from psycopg import Connection
from psycopg.errors import QueryCanceled

from flowpilot.db.bulk import account_transaction
from flowpilot.imports.case.equal import EqualNumbers
from flowpilot.imports.case.merging import Statement, add_to
from flowpilot.imports.case.model import Case, Row
from flowpilot.imports.figures import Figures
from flowpilot.imports.known.statements import Statements
from flowpilot.imports.known.tickets import KnownTickets, find_known
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.progress import Changes, ImportProgress, OnProgress, RepeatedRows
from flowpilot.imports.reading.limits import PreviewLimit
from flowpilot.imports.reading.opening import open_log
from flowpilot.imports.staging import stage, staged_cases
from flowpilot.imports.unusable import UnusableRows
from flowpilot.imports.writer import People

_TELL_EVERY_CASES = 500
_BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would bring, and what it would change. `lines_left_out` stand below the rows of the file.

    `new_people` are names that are no members yet, in the cases that it would bring or change.
    `unusable` rows cannot be used, so their tickets are left out. `repeated` rows do not count, because a later
    row is of their ticket. `letters` says how those were read that may be others. `equal` holds tickets against
    those that have their numbers. `is_cut`: the file has more rows than were read.
    """

    rows: int
    cases_already_here: int
    cases_left_out: int
    lines_left_out: list[str]
    figures: Figures
    changes: Changes
    equal: EqualNumbers
    new_people: int = 0
    letters: str | None = None
    is_cut: bool = False
    unusable: UnusableRows = field(default_factory=UnusableRows)
    repeated: RepeatedRows = field(default_factory=RepeatedRows)

    @property
    def may_be_half(self) -> bool:
        """Whether cases may go on in rows that were not read, so that their times are not whole."""
        return self.is_cut and self.equal.mapping.row is not None

    def warnings(self) -> list[str]:
        """What should make one look again, in sentences for who writes the mapping."""
        half = (
            "Only the first rows were read. Cases that go on below them seem open, or their times are too short."
        )
        return [*([half] if self.may_be_half else []), *filter(None, [self.letters]), *self.figures.warnings()]


def preview_log(
    runtime_url: str,
    account_id: UUID,
    file: Path,
    mapping: Mapping,
    *,
    now: datetime,
    progress: OnProgress | None = None,
    limit: PreviewLimit | None = None,
) -> Preview:
    """What importing the log into the account would bring; with a `limit`, its first rows. Nothing is written.

    Raises:
        LogFileError, BadRowError, UnusableRowsError: the file, or some of its rows, cannot be used.
        MappingError: the mapping names a column that the file does not have.
        PreviewTooLongError: it takes too long.
    """
    on_progress = progress or (lambda _: None)
    with account_transaction(runtime_url, account_id) as connection, _in_time(connection, limit):
        with open_log(file, mapping.file.layout, limit=limit) as reader:
            staged = stage(connection, reader, mapping, on_progress, now)
        known = find_known(connection, account_id, mapping, lock=False)
        looking = _PreviewReader(
            mapping, known, Statements(connection, account_id), Figures(now, staged.odd_times), Changes()
        )
        total, done = staged.rows - known.rows_dropped, 0
        for number, one in enumerate(staged_cases(connection, mapping, staged)):
            looking.add(one.ticket, one.rows, one.case)
            if limit is not None:
                limit.check()
            done += len(one.rows)
            if number % _TELL_EVERY_CASES == 0:
                on_progress(ImportProgress("looking", done, total))
        looking.compare()
        on_progress(ImportProgress("looking", total, total))
        new_people = looking.figures.people - People(connection, account_id).keys()
        connection.rollback()
    return Preview(
        *(staged.rows, known.cases_dropped, looking.left_out, reader.left_out),
        *(looking.figures, looking.changes, known.equal),
        new_people=len(new_people),
        letters=reader.doubt,
        is_cut=reader.is_cut,
        unusable=staged.unusable,
        repeated=staged.repeated,
    )


@contextmanager
def _in_time(connection: Connection, limit: PreviewLimit | None) -> Iterator[None]:
    """No statement takes longer than the limit."""
    if limit is None:
        yield
        return
    milliseconds = int(limit.seconds_left * 1_000) + 1
    connection.execute("SELECT set_config('statement_timeout', %s, true)", (str(milliseconds),))
    try:
        yield
    except QueryCanceled:
        limit.stop()
        limit.check()


@dataclass(slots=True)
class _PreviewReader:
    """What was seen of a log so far."""

    mapping: Mapping
    known: KnownTickets
    statements: Statements
    figures: Figures
    changes: Changes
    left_out: int = 0
    _waiting: dict[UUID, tuple[str, Sequence[Row], Case]] = field(default_factory=dict)
    _rows_waiting: int = 0

    def add(self, ticket: str, rows: Sequence[Row], case: Case | None) -> None:
        """Look at one more case; None is one that the mapping leaves out."""
        session_id = self.known.sessions.get(ticket)
        if case is None:
            self.left_out += 1
        elif session_id is None:
            self.figures.add(case, len(rows))
            self.known.equal.see_new(ticket, case)
        else:
            self._waiting[session_id] = (ticket, rows, case)
            self._rows_waiting += len(rows)
            if self._rows_waiting >= _BATCH_ROWS:
                self.compare()

    def compare(self) -> None:
        """Compare the known cases that were seen since the last time with what was known of them."""
        earlier = self.statements.of(list(self._waiting)) if self._waiting else {}
        for session_id, (ticket, rows, case) in self._waiting.items():
            added = add_to(earlier[session_id], Statement(self.mapping, rows))
            self.known.equal.see_known(ticket, earlier[session_id], added, case, rows)
            self.changes.add(ticket, added.different, says_less=added.says_less)
            self.figures.add_known(added.case, is_different=bool(added.different), says_less=added.says_less)
        self._waiting, self._rows_waiting = {}, 0
