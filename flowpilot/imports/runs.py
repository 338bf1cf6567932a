"""The imports of an account: each is recorded with what it brought, and audited."""

import json
from collections.abc import Iterable
from collections.abc import Mapping as Named
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.rows import class_row

from flowpilot.db.base import new_id
from flowpilot.db.bulk import Drafts, account_transaction, copy_rows, line_of
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.imports.case.model import Case
from flowpilot.imports.known.statements import rules_as_json
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.models import ItemKind
from flowpilot.imports.progress import ImportSummary
from flowpilot.imports.unusable import UnusableRows
from flowpilot.imports.writer import Sessions


@dataclass(frozen=True, slots=True)
class Run:
    """One import: when it was, of which file with which mapping, and what it brought."""

    id: UUID
    created_at: datetime
    file_name: str
    mapping: str
    counts: dict[str, Any]


def take_turn(connection: Connection, account_id: UUID) -> ZoneInfo:
    """Imports into an account run one after the other, so that the later one sees what the earlier one did.

    Returns the account's time zone.

    Raises:
        NotFoundError: there is no such account.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"import {account_id}",))
    return zone_of(connection, account_id)


def zone_of(connection: Connection, account_id: UUID) -> ZoneInfo:
    """The account's time zone.

    Raises:
        NotFoundError: there is no such account.
    """
    found = connection.execute("SELECT timezone FROM accounts WHERE id = %s", (account_id,)).fetchone()
    if found is None:
        raise NotFoundError(f"There is no account {account_id}.")
    return ZoneInfo(found[0])


class AccountClosedError(ConflictError):
    """The account is being removed, or was closed for that."""


def require_open(connection: Connection, account_id: UUID, *, to_the_end: bool = False) -> None:
    """Make sure that the account is open; `to_the_end`: and that nobody closes it before this transaction ends.

    What is brought while an account is exported and removed would be in no export.

    Raises:
        AccountClosedError: it is closed.
    """
    lock = " FOR SHARE" if to_the_end else ""
    query = f"SELECT closed_at FROM accounts WHERE id = %s{lock}"  # noqa: S608 - It is made of our own constants.
    found = connection.execute(query.encode(), (account_id,)).fetchone()
    if found is None or found[0] is not None:
        raise AccountClosedError("This account is closed, because it is being removed. Nothing was imported.")


def imported_at(connection: Connection, account_id: UUID, digest: str) -> datetime | None:
    """When the same file was imported with the same mapping; None if it never was."""
    query = "SELECT created_at FROM import_runs WHERE account_id = %s AND digest = %s"
    run = connection.execute(query, (account_id, digest)).fetchone()
    return None if run is None else run[0]


def begin(
    connection: Connection,
    account_id: UUID,
    digest: str,
    file_name: str,
    mapping: Mapping,
    now: datetime,
    people: Named[str, UUID],
) -> UUID:
    """Record an import that begins, and return its id. `people` are members whom it calls by these names."""
    run_id = new_id()
    connection.execute(
        "INSERT INTO import_runs (account_id, id, digest, file_name, mapping, rules, counts, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, '{}', %s)",
        (account_id, run_id, digest, file_name, mapping.name, rules_as_json(mapping, people), now),
    )
    return run_id


def add_items(
    connection: Connection, account_id: UUID, run_id: UUID, kind: ItemKind, ids: Iterable[UUID | str]
) -> None:
    """Record which people or clients an import brought."""
    rows = ((account_id, one, run_id, kind) for one in ids)
    copy_rows(connection, "import_items", ("account_id", "id", "run_id", "kind"), rows)


def add_sessions(drafts: Drafts, run_id: UUID, sessions: Sessions) -> None:
    """Record which sessions an import brought, and how much it wrote of each, as drafts."""
    columns = ("id", "run_id", "kind", "steps", "events")
    run, kind = str(run_id), ItemKind.SESSION.value
    rows = ((own_id, run, kind, *_written(case)) for own_id, case in sessions)
    drafts.copy("import_items", columns, (line_of(*row) for row in rows))


def note_rewritten(connection: Connection, account_id: UUID, sessions: Sessions) -> None:
    """Record how much is written now of sessions that were there."""
    statement = "UPDATE import_items SET steps = %s, events = %s WHERE account_id = %s AND id = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*_written(case), account_id, own_id) for own_id, case in sessions])


def _written(case: Case) -> tuple[int, int]:
    """How many steps and events an import writes of a case."""
    return len(case.steps), sum(1 for handoff in case.handoffs for _ in handoff.events())


def finish(connection: Connection, account_id: UUID, run_id: UUID, now: datetime, summary: ImportSummary) -> None:
    """Record what an import came to, also in the audit log: it can make people members without an invitation."""
    counts = asdict(replace(summary, unusable=UnusableRows())) | {"unusable": summary.unusable.facts()}
    # The examples are words and numbers of tickets.
    del counts["already_imported_at"], counts["changes"]["examples"], counts["repeated"]["examples"]
    warnings_json, counts_json = json.dumps(counts.pop("warnings")), json.dumps(counts, default=str)
    connection.execute(
        "UPDATE import_runs SET counts = %s, warnings = %s WHERE account_id = %s AND id = %s",
        (counts_json, warnings_json, account_id, run_id),
    )
    audit(connection, account_id, run_id, "import", counts_json, now)


def audit(
    connection: Connection, account_id: UUID, run_id: UUID, action: str, counts_json: str, now: datetime
) -> None:
    """Add an entry on an import to the audit log."""
    connection.execute(
        "INSERT INTO audit_log (account_id, id, action, target_type, target_id, after, at) "
        "VALUES (%s, %s, %s, 'import_run', %s, %s, %s)",
        (account_id, new_id(), action, run_id, counts_json, now),
    )


def list_runs(url: str, account_id: UUID) -> list[Run]:
    """The imports of an account, the newest first.

    Raises:
        NotFoundError: there is no such account.
    """
    with account_transaction(url, account_id) as connection:
        if connection.execute("SELECT FROM accounts WHERE id = %s", (account_id,)).fetchone() is None:
            raise NotFoundError(f"There is no account {account_id}.")
        with connection.cursor(row_factory=class_row(Run)) as cursor:
            query = (
                "SELECT id, created_at, file_name, mapping, counts FROM import_runs WHERE account_id = %s"
                " ORDER BY created_at DESC, id DESC"
            )
            return cursor.execute(query, (account_id,)).fetchall()
