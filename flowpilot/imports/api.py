"""JSON routes of imports: the runs, and how one is undone."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageAccount
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.imports.queries import read_run, read_runs, sessions_of
from flowpilot.imports.schemas import PATH, ImportRunOut, UndoPreviewOut
from flowpilot.imports.undoing import request_undo

router = APIRouter(prefix=PATH, tags=["imports"])


@router.get("")
async def list_imports(
    actor: CanManageAccount, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[ImportRunOut]:
    """What was imported into the account, the newest first."""
    found = await read_runs(db, actor.account_id, limit + 1, cursor)
    return list_page([ImportRunOut.of(run) for run in found], limit)


@router.get("/{run_id}")
async def read_import(run_id: uuid.UUID, actor: CanManageAccount, db: ReadSession) -> ImportRunOut:
    """One of them."""
    return ImportRunOut.of(await read_run(db, actor.account_id, run_id))


@router.get("/{run_id}/undo")
async def preview_undo(run_id: uuid.UUID, actor: CanManageAccount, db: ReadSession) -> UndoPreviewOut:
    """What an undo would remove now, and what would stay."""
    found = await sessions_of(db, actor.account_id, run_id)
    return UndoPreviewOut(sessions=found.alone, sessions_shared=found.shared, sessions_kept=found.touched)


@router.post("/{run_id}/undo", status_code=202)
async def undo_import(run_id: uuid.UUID, actor: CanManageAccount, db: WriteSession, now: Now) -> ImportRunOut:
    """Remove exactly what an import brought, soon and for good; then it is no longer in the list.

    Sessions with which somebody has worked since stay, and so do members and clients that something else names.
    """
    await request_undo(db, actor, run_id, now)
    await db.flush()
    return ImportRunOut.of(await read_run(db, actor.account_id, run_id))
