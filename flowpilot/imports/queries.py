"""The imports of an account, for its pages and its API; `runs` has what commands and the importer need."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select, text

from flowpilot.db.pages import newest_first
from flowpilot.db.session import ReadDb
from flowpilot.imports.guess.systems import Earlier
from flowpilot.imports.known.untouched import touched_condition
from flowpilot.imports.models import ImportItem, ImportRun, ItemKind
from flowpilot.imports.undoing import RunNotFoundError
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.connections.queries import active_connection

# So many imports of the past say what a further one may be of.
_SYSTEMS = 100
# Without the ends that could not be kept, which may be thousands.
_SHOWN = select(
    ImportRun.id,
    ImportRun.created_at,
    ImportRun.file_name,
    ImportRun.mapping,
    ImportRun.counts,
    func.jsonb_array_length(ImportRun.warnings).label("n_unknown_ends"),
    ImportRun.undoing_since,
)
_SESSIONS_OF = """
WITH own AS MATERIALIZED (
    SELECT session_id AS id FROM import_cases WHERE account_id = :account AND run_id = :run
    UNION SELECT id FROM import_items WHERE account_id = :account AND run_id = :run AND kind = 'session'
), judged AS (
    SELECT {is_touched} AS is_touched, EXISTS (
        SELECT FROM import_cases o WHERE o.account_id = :account AND o.session_id = own.id AND o.run_id <> :run
    ) AS is_shared FROM own
)
SELECT count(*) FILTER (WHERE NOT is_touched AND NOT is_shared),
    count(*) FILTER (WHERE NOT is_touched AND is_shared),
    count(*) FILTER (WHERE is_touched)
FROM judged
"""


async def read_runs(
    db: ReadDb, account_id: uuid.UUID, limit: int, before: uuid.UUID | None = None
) -> Sequence[Row[Any]]:
    """The newest imports, or those older than the import `before`."""
    query = _SHOWN.where(ImportRun.account_id == account_id)
    return (await db.execute(newest_first(query, ImportRun.id, limit, before))).all()


async def read_run(db: ReadDb, account_id: uuid.UUID, run_id: uuid.UUID) -> Row[Any]:
    """An import.

    Raises:
        RunNotFoundError: there is none.
    """
    query = _SHOWN.where(ImportRun.account_id == account_id, ImportRun.id == run_id)
    found = (await db.execute(query)).one_or_none()
    if found is None:
        raise RunNotFoundError
    return found


async def earlier_systems(db: ReadDb, account_id: uuid.UUID) -> Earlier:
    """The columns that the newest imports of an account read, and the systems that they named."""
    columns, system = ImportRun.rules["columns"], ImportRun.rules["mapping"]["system"].astext
    query = select(columns, system).where(ImportRun.account_id == account_id, system.is_not(None))
    found = await db.execute(query.order_by(ImportRun.created_at.desc(), ImportRun.id.desc()).limit(_SYSTEMS))
    return [(frozenset(names), name) for names, name in found]


async def connected_system(db: ReadDb, account_id: uuid.UUID) -> str | None:
    """The kind of ticket system that the account is connected to; None if it is to none."""
    connection = await active_connection(db, account_id)
    return None if connection is None or connection.provider == ProviderKind.CONSOLE else connection.provider


@dataclass(frozen=True, slots=True)
class SessionsOfRun:
    """How many sessions an import alone speaks of, how many others do too, and how many are worked on since."""

    alone: int
    shared: int
    touched: int


async def sessions_of(db: ReadDb, account_id: uuid.UUID, run_id: uuid.UUID) -> SessionsOfRun:
    """How many sessions an import speaks of.

    Raises:
        RunNotFoundError: there is no such import.
    """
    await read_run(db, account_id, run_id)
    query = _SESSIONS_OF.format(is_touched=await touched_condition(db, "own"))
    alone, shared, touched = (await db.execute(text(query), {"account": account_id, "run": run_id})).one()
    return SessionsOfRun(alone, shared, touched)


async def imported_people(db: ReadDb, account_id: uuid.UUID, users: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these members an import brought, so that nobody can sign in as them."""
    query = select(ImportItem.id).where(
        ImportItem.account_id == account_id, ImportItem.kind == ItemKind.PERSON, ImportItem.id.in_(users)
    )
    return set((await db.scalars(query)).all())
