"""Settings: bring past tickets in, see what was brought, and undo it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, File, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.http.body_limits import takes_logs
from flowpilot.http.fields import Text
from flowpilot.http.paging import Cursor, ListPage
from flowpilot.identity.access import CanManageAccount, CanManageAccountDetached
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.imports import api
from flowpilot.imports.saved import api as saved
from flowpilot.imports.schemas import (
    ImportRunOut,
    LogUploadIn,
    LogUploadOut,
    SavedImportMappingOut,
    UndoPreviewOut,
)
from flowpilot.imports.undoing import is_late
from flowpilot.imports.uploads import api as uploads
from flowpilot.imports.uploads.models import UploadState
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.imports.paths import PATH, reports_path
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix=PATH, include_in_schema=False)

_RUNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports(SettingsPage):
    """What can be imported, and what was."""

    template: ClassVar[str] = "settings/imports/overview.html"
    section: ClassVar[str] = PATH
    waiting: Sequence[LogUploadOut]
    runs: ListPage[ImportRunOut]
    mappings: Sequence[SavedImportMappingOut]
    most_megabytes: int
    now: datetime

    @staticmethod
    def reports(run: ImportRunOut) -> str | None:
        """Where the reports show an import."""
        return reports_path(run)

    def is_late(self, run: ImportRunOut) -> bool:
        """Whether its removal should be over, and may be asked for again."""
        return is_late(run.undoing_since, self.now)

    @property
    def is_changing(self) -> bool:
        """Whether something is going on that will soon be over."""
        busy = {UploadState.WAITING, UploadState.LOADING}
        return any(run.undoing_since and not self.is_late(run) for run in self.runs.items) or any(
            one.state in busy for one in self.waiting
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(SettingsPage):
    """What goes if an import is undone."""

    template: ClassVar[str] = "settings/imports/undo.html"
    section: ClassVar[str] = PATH
    run: ImportRunOut
    undo: UndoPreviewOut


@router.get("")
async def show_imports(
    request: Request,
    actor: CanManageAccount,
    db: ReadSession,
    frame: CurrentFrame,
    now: Now,
    cursor: Cursor = None,
) -> Response:
    kept = await uploads.list_kept(actor, db)
    page = Imports(
        title="Imports",
        waiting=[one for one in kept if one.state != UploadState.DONE],
        runs=await api.list_imports(actor, db, _RUNS, cursor),
        mappings=(await saved.list_mappings(actor, db)).saved,
        most_megabytes=request.app.state.settings.import_megabytes,
        now=now,
    )
    return render(request, page, frame)


@router.post("", dependencies=[Depends(takes_logs)])
async def upload(
    request: Request, body: Annotated[LogUploadIn, File()], actor: CanManageAccountDetached, now: Now
) -> Response:
    kept = await uploads.upload(request, body, actor, now)
    return go_to(f"{PATH}/{kept.id}")


@router.get("/runs/{run_id}/undo")
async def ask_to_undo(
    request: Request, run_id: uuid.UUID, actor: CanManageAccount, db: ReadSession, frame: CurrentFrame
) -> Response:
    page = Undo(
        title="Undo an import",
        run=await api.read_import(run_id, actor, db),
        undo=await api.preview_undo(run_id, actor, db),
    )
    return render(request, page, frame)


@router.post("/runs/{run_id}/undo")
async def undo(run_id: uuid.UUID, actor: CanManageAccount, db: WriteSession, now: Now) -> Response:
    await api.undo_import(run_id, actor, db, now)
    return go_to(PATH, "The import is being removed. The audit log will say what went.")


@router.post("/mappings/forget")
async def forget(name: Annotated[Text, Form()], actor: CanManageAccount, db: WriteSession) -> Response:
    await saved.forget_mapping(name, actor, db)
    return go_to(PATH, "The mapping is removed.")
