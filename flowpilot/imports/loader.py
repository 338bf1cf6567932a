"""Import an event log into an account: all of it in one transaction, or nothing."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from psycopg import Connection

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.errors import NotFoundError
from flowpilot.imports.cases import Case, build_case
from flowpilot.imports.clients import Clients
from flowpilot.imports.mapping import Mapping
from flowpilot.imports.progress import ImportProgress, ImportSummary, OnProgress
from flowpilot.imports.reader import open_log
from flowpilot.imports.staging import drop_cases_already_here, stage, staged_cases
from flowpilot.imports.writer import People, write_cases

__all__ = ["ImportProgress", "ImportSummary", "import_log"]

_BATCH_ROWS = 5_000


def import_log(
    runtime_url: str,
    account_id: UUID,
    file: Path,
    mapping: Mapping,
    *,
    now: datetime,
    progress: OnProgress | None = None,
) -> ImportSummary:
    """Import a log as the runtime role. The same file with the same mapping is imported once.

    Cases whose ticket already has a session in the account are left as they are.

    Args:
        progress: called about every thousand rows while the file is read, then after each batch that is written.

    Raises:
        NotFoundError: there is no such account.
        LogFileError, BadRowError: the file, or one of its rows, cannot be used.
        MappingError: the mapping names a column that the file does not have.
    """
    on_progress = progress or (lambda _: None)
    with account_transaction(runtime_url, account_id) as connection:
        _take_turn(connection, account_id)
        rows, digest = _read(connection, file, mapping, on_progress)
        summary = ImportSummary(rows, already_imported_at=_imported_at(connection, account_id, digest))
        if summary.already_imported_at is None:
            _write(connection, account_id, mapping, now, summary, on_progress)
            _record(connection, account_id, (digest, file.name, mapping.name), now, summary)
        return summary


def _take_turn(connection: Connection, account_id: UUID) -> None:
    """Imports into an account run one after the other, so that the later one sees what the earlier one did."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"import {account_id}",))
    if connection.execute("SELECT FROM accounts WHERE id = %s", (account_id,)).fetchone() is None:
        raise NotFoundError(f"There is no account {account_id}.")


def _read(connection: Connection, file: Path, mapping: Mapping, on_progress: OnProgress) -> tuple[int, str]:
    """Stage the file. Return its number of rows, and the digest of the file and the mapping."""
    with open_log(file, delimiter=mapping.file.delimiter, encoding=mapping.file.encoding) as reader:
        rows = stage(connection, reader, mapping, on_progress)
        on_progress(ImportProgress("reading", reader.size, reader.size))
    return rows, hashlib.sha256(f"{reader.digest} {mapping.model_dump_json()}".encode()).hexdigest()


def _imported_at(connection: Connection, account_id: UUID, digest: str) -> datetime | None:
    query = "SELECT created_at FROM import_runs WHERE account_id = %s AND digest = %s"
    run = connection.execute(query, (account_id, digest)).fetchone()
    return None if run is None else run[0]


def _write(
    connection: Connection,
    account_id: UUID,
    mapping: Mapping,
    now: datetime,
    summary: ImportSummary,
    on_progress: OnProgress,
) -> None:
    rows_already_here, summary.cases_already_here = drop_cases_already_here(connection, account_id)
    total = summary.rows - rows_already_here
    people = People(connection, account_id)
    clients = Clients(connection, account_id, now)
    for rows, cases in _batches(connection, mapping):
        write_cases(connection, account_id, cases, people, clients)
        _count(cases, summary)
        on_progress(ImportProgress("writing", rows, total))
    summary.people_created = people.write_new(connection, now)
    on_progress(ImportProgress("writing", total, total))


def _batches(connection: Connection, mapping: Mapping) -> Iterator[tuple[int, list[Case]]]:
    """The cases in batches of a few thousand rows, each with the number of rows read so far."""
    done = written = 0
    batch = []
    for ticket, rows in staged_cases(connection, mapping):
        batch.append(build_case(ticket, rows, mapping))
        done += len(rows)
        if done - written >= _BATCH_ROWS:
            yield done, batch
            written, batch = done, []
    if batch:
        yield done, batch


def _count(cases: Sequence[Case], summary: ImportSummary) -> None:
    handoffs = [handoff for case in cases for handoff in case.handoffs]
    summary.sessions += len(cases)
    summary.steps += sum(len(case.steps) for case in cases)
    summary.handoffs += len(handoffs)
    summary.claimed += sum(handoff.claim is not None for handoff in handoffs)
    summary.warnings += [{"ticket": case.ticket, **asdict(end)} for case in cases for end in case.unknown]


def _record(
    connection: Connection,
    account_id: UUID,
    source: tuple[str, str, str],
    now: datetime,
    summary: ImportSummary,
) -> None:
    """Record the import, also in the audit log: it can make people members without an invitation."""
    counts = asdict(summary)
    del counts["already_imported_at"]
    warnings_json = json.dumps(counts.pop("warnings"))
    run_id, counts_json = new_id(), json.dumps(counts)
    connection.execute(
        "INSERT INTO import_runs (account_id, id, digest, file_name, mapping, counts, warnings, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (account_id, run_id, *source, counts_json, warnings_json, now),
    )
    connection.execute(
        "INSERT INTO audit_log (account_id, id, action, target_type, target_id, after, at) "
        "VALUES (%s, %s, 'import', 'import_run', %s, %s, %s)",
        (account_id, new_id(), run_id, counts_json, now),
    )
