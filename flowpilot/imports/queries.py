"""The imports of an account, for its pages and its API; `runs` has what commands and the importer need."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import aliased

from flowpilot.db.pages import newest_first
from flowpilot.db.session import ReadDb
from flowpilot.imports.guess.systems import Earlier
from flowpilot.imports.models import ImportCase, ImportItem, ImportRun, ItemKind
from flowpilot.imports.undoing import RunNotFoundError

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


async def sessions_of(db: ReadDb, account_id: uuid.UUID, run_id: uuid.UUID) -> tuple[int, int]:
    """How many sessions an import alone speaks of, and how many others of which another import does, too.

    Raises:
        RunNotFoundError: there is no such import.
    """
    await read_run(db, account_id, run_id)
    cases = select(ImportCase.session_id.label("id")).where(
        ImportCase.account_id == account_id, ImportCase.run_id == run_id
    )
    items = select(ImportItem.id).where(
        ImportItem.account_id == account_id, ImportItem.run_id == run_id, ImportItem.kind == ItemKind.SESSION
    )
    own, other = cases.union(items).subquery(), aliased(ImportCase)
    is_shared = exists().where(
        other.account_id == account_id, other.session_id == own.c.id, other.run_id != run_id
    )
    query = select(func.count().filter(~is_shared), func.count().filter(is_shared)).select_from(own)
    alone, shared = (await db.execute(query)).one()
    return alone, shared


async def imported_people(db: ReadDb, account_id: uuid.UUID, users: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these members an import brought, so that nobody can sign in as them."""
    query = select(ImportItem.id).where(
        ImportItem.account_id == account_id, ImportItem.kind == ItemKind.PERSON, ImportItem.id.in_(users)
    )
    return set((await db.scalars(query)).all())
