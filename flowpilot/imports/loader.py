"""Import an event log into an account: all of it in one transaction, or nothing."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Named
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from psycopg import Connection

from flowpilot.db.base import new_id_text
from flowpilot.db.bulk import Drafts, account_transaction, is_spread
from flowpilot.errors import ConflictError
from flowpilot.identity.hours.queries import stored_history
from flowpilot.imports.case.collecting import seldom_collected
from flowpilot.imports.case.equal import EqualNumbers
from flowpilot.imports.case.merging import Statement, add_to
from flowpilot.imports.case.model import Case
from flowpilot.imports.clients import Clients
from flowpilot.imports.days import Days
from flowpilot.imports.known.statements import Statements, add_statements
from flowpilot.imports.known.tickets import KnownTickets, find_known
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.models import ItemKind
from flowpilot.imports.progress import ImportProgress, ImportSummary, OnProgress
from flowpilot.imports.reading.opening import LogReader, open_log
from flowpilot.imports.runs import (
    add_items,
    add_sessions,
    begin,
    finish,
    imported_at,
    note_rewritten,
    require_open,
    take_turn,
)
from flowpilot.imports.staging import RowsAhead, Staged, StagedCase, stage, staged_cases
from flowpilot.imports.writer import People, Sessions, mark_days_of, rewrite_cases, write_cases
from flowpilot.sessions.days.jobs import begin_rolls_of
from flowpilot.working_hours import HoursHistory

__all__ = ["ImportProgress", "ImportSummary", "import_log"]

_BATCH_ROWS = 5_000
# With so few rows, PostgreSQL's statistics say nothing of what an import brings.
_FEW_ROWS = 10_000


def import_log(
    runtime_url: str,
    account_id: UUID,
    file: Path,
    mapping: Mapping,
    *,
    now: datetime,
    progress: OnProgress | None = None,
    name: str | None = None,
    people: Named[str, UUID] | None = None,
) -> ImportSummary:
    """Import a log as the runtime role. The same file with the same mapping is imported once.

    What it says of cases that earlier imports brought is added to those. Cases whose ticket has a session of the
    account's own, or one that somebody has worked on, are left as they are.

    Args:
        name: what the import is called, if not as the file.
        people: members of the account whom the log calls otherwise, by their names there.
        progress: called about every thousand rows while the file is read, then after each batch that is written.

    Raises:
        NotFoundError: there is no such account.
        AccountClosedError: it is closed.
        LogFileError, BadRowError, UnusableRowsError: the file, or some of its rows, cannot be used.
        MappingError: the mapping names a column that the file does not have.
        EqualNumbersError: somebody has to say whether tickets with equal numbers are the same.
        SpreadAccountsError: it would change what an earlier import brought, and accounts are spread over machines.
    """
    on_progress = progress or (lambda _: None)
    with seldom_collected(), account_transaction(runtime_url, account_id) as connection:
        days = Days(take_turn(connection, account_id), now)
        require_open(connection, account_id)
        staged, digest, reader = _read(connection, file, mapping, on_progress, now)
        require_open(connection, account_id)  # To read the file may have taken long.
        earlier = imported_at(connection, account_id, digest)
        summary = ImportSummary(staged.rows, already_imported_at=earlier, lines_left_out=reader.left_out)
        summary.odd_times, summary.unusable = staged.odd_times.sentences(), staged.unusable
        summary.repeated, summary.letters = staged.repeated, reader.doubt
        if earlier is None:
            run_id = begin(connection, account_id, digest, name or file.name, mapping, now, people or {})
            writing = _Writing(connection, account_id, run_id, mapping, now, summary, days)
            _write(writing, on_progress, staged)
            summary.first_day, summary.last_day = days.first, days.last
            finish(connection, account_id, run_id, now, summary)
            require_open(connection, account_id, to_the_end=True)
        return summary


def _read(
    connection: Connection, file: Path, mapping: Mapping, on_progress: OnProgress, now: datetime
) -> tuple[Staged, str, LogReader]:
    """Stage the file. Return what it holds, the digest of file and mapping, and what has read it."""
    with open_log(file, mapping.file.layout) as reader:
        staged = stage(connection, reader, mapping, on_progress, now)
        on_progress(ImportProgress("reading", reader.size, reader.size))
    digest = hashlib.sha256(f"{reader.digest} {mapping.identity}".encode()).hexdigest()
    return staged, digest, reader


class SpreadAccountsError(ConflictError):
    """It would change what an earlier import brought, and accounts are spread over machines."""


@dataclass(frozen=True, slots=True)
class _Writing:
    """An import that writes: where, as which run, and what it has come to."""

    connection: Connection
    account_id: UUID
    run_id: UUID
    mapping: Mapping
    now: datetime
    summary: ImportSummary
    days: Days


@dataclass(slots=True)
class _Batch:
    """Cases that are written together, each with the id of its session; `known` are those that have one already.

    `said` are their rows as JSON.
    """

    new: list[tuple[str, Case]] = field(default_factory=list)
    known: list[tuple[UUID, StagedCase]] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0

    def add(self, staged: StagedCase, session_id: UUID | None) -> None:
        """Add a case, unless the mapping leaves it out."""
        if staged.case is None:
            self.left_out += 1
            return
        own_id = new_id_text() if session_id is None else str(session_id)
        self.said.append((own_id, staged.as_json))
        if session_id is None:
            self.new.append((own_id, staged.case))
        else:
            self.known.append((session_id, staged))


def _write(writing: _Writing, on_progress: OnProgress, staged: Staged) -> None:
    connection, account_id, summary = writing.connection, writing.account_id, writing.summary
    known = find_known(connection, account_id, writing.mapping)
    summary.cases_already_here = known.cases_dropped
    total = summary.rows - known.rows_dropped
    people = People(connection, account_id)
    statements, history = Statements(connection, account_id), stored_history(connection, account_id)
    has_looked = False
    with Drafts(connection, account_id) as drafts:
        clients = Clients(connection, account_id, writing.now, drafts.finish)
        ahead = RowsAhead(drafts.finish)
        batches = _batches(staged_cases(connection, writing.mapping, staged, ahead), known)
        for number, (rows, batch) in enumerate(batches):
            # While the server inserts the last batch, this one is made.
            _write_new(writing, drafts, batch.new, people, clients, history, known.equal)
            _write_known(writing, drafts, batch, statements, people, clients, known.equal)
            add_statements(drafts, writing.run_id, batch.said)
            summary.cases_left_out += batch.left_out
            drafts.finish()
            if number == 1:
                has_looked = _count_tables(connection, is_first_look=True)
            mark_days_of(connection, account_id, batch.new)
            ahead.fetch()
            drafts.begin()
            on_progress(ImportProgress("writing", rows, total))
    known.equal.refuse()
    if has_looked or summary.sessions:
        _count_tables(connection, is_due=has_looked)
    begin_rolls_of(connection, account_id, writing.now)
    new_people = people.write_new(connection, writing.now)
    summary.people_created = len(new_people)
    add_items(connection, account_id, writing.run_id, ItemKind.PERSON, new_people)
    add_items(connection, account_id, writing.run_id, ItemKind.CLIENT, clients.created)
    on_progress(ImportProgress("writing", total, total))


def _write_new(
    writing: _Writing,
    drafts: Drafts,
    sessions: Sessions,
    people: People,
    clients: Clients,
    history: HoursHistory,
    equal: EqualNumbers,
) -> None:
    write_cases(drafts, sessions, people, clients, history)
    add_sessions(drafts, writing.run_id, sessions)
    _count([case for _, case in sessions], writing.summary)
    for _, case in sessions:
        writing.days.add(case)
        equal.see_new(case.ticket, case)


def _write_known(
    writing: _Writing,
    drafts: Drafts,
    batch: _Batch,
    statements: Statements,
    people: People,
    clients: Clients,
    equal: EqualNumbers,
) -> None:
    """Add what this import says to sessions that imports alone have written."""
    if not batch.known:
        return
    rewritten = []
    drafts.finish()
    earlier = statements.of([session_id for session_id, _ in batch.known])
    for session_id, staged in batch.known:
        added = add_to(earlier[session_id], Statement(writing.mapping, staged.rows))
        if staged.case is not None:
            equal.see_known(staged.ticket, earlier[session_id], added, staged.case, staged.rows)
        writing.summary.changes.add(staged.ticket, added.different, says_less=added.says_less)
        if added.different:
            rewritten.append((str(session_id), added.case))
            writing.days.add(added.case)
            writing.summary.warnings += _ends(added.case)
    if rewritten:
        _require_one_machine(writing.connection, rewritten[0][1])
        rewrite_cases(drafts, rewritten, people, clients)
        note_rewritten(writing.connection, writing.account_id, rewritten)


def _require_one_machine(connection: Connection, case: Case) -> None:
    """The owner alone may delete steps, and with shards a transaction is of one role, which here is another."""
    if is_spread(connection):
        raise SpreadAccountsError(
            "On a database that is spread over machines an import cannot change what an earlier one brought, as"
            f" this one would with ticket {case.ticket}. Nothing was imported. Undo the earlier import first."
        )


def _count_tables(connection: Connection, *, is_first_look: bool = False, is_due: bool = False) -> bool:
    """Let PostgreSQL count what it has never counted, or when there was little. Return whether it has.

    It would take any index that begins with the account for as good as the primary key, and check each foreign key
    by reading all of the account's rows. Of many sessions, few may have been handed over before. For the keys,
    a first look at a tenth of what is looked at otherwise is enough; after one, a whole one `is_due`, because the
    statistics are those of all accounts. What another import has counted is left to it: until that has ended,
    nobody else can count it. With shards, each machine counts for itself.
    """
    if is_spread(connection):
        return False
    query = (
        "SELECT FROM pg_class WHERE oid IN ('ai_sessions'::regclass, 'session_handoffs'::regclass)"
        " AND reltuples < %s"
    )
    if not is_due and connection.execute(query, (_FEW_ROWS,)).fetchone() is None:
        return False
    if is_first_look:
        connection.execute("SET LOCAL default_statistics_target = 10")
    connection.execute("SELECT analyze_sessions()")
    connection.execute("SET LOCAL default_statistics_target TO DEFAULT")
    return True


def _batches(cases: Iterable[StagedCase], known: KnownTickets) -> Iterator[tuple[int, _Batch]]:
    """The cases in batches of a few thousand rows, each with the number of rows read so far."""
    done = written = 0
    batch = _Batch()
    for one in cases:
        batch.add(one, known.sessions.get(one.ticket))
        done += len(one.rows)
        if done - written >= _BATCH_ROWS:
            yield done, batch
            written, batch = done, _Batch()
    if done > written:
        yield done, batch


def _count(cases: Sequence[Case], summary: ImportSummary) -> None:
    handoffs = [handoff for case in cases for handoff in case.handoffs]
    summary.sessions += len(cases)
    summary.steps += sum(len(case.steps) for case in cases)
    summary.handoffs += len(handoffs)
    summary.claimed += sum(handoff.claim is not None for handoff in handoffs)
    summary.warnings += [end for case in cases for end in _ends(case)]


def _ends(case: Case) -> list[dict[str, str]]:
    return [{"ticket": case.ticket, **asdict(end)} for end in case.unknown]
