"""The page of one uploaded file: what its columns mean, what an import would bring, and how far it is."""

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from flowpilot.clock import Now, zone_names
from flowpilot.db.session import ReadDb
from flowpilot.errors import InvalidError
from flowpilot.http.fields import says_something, storable
from flowpilot.identity.access import CanManageAccount
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.imports.mapping.loading import draft_of
from flowpilot.imports.mapping.toml import as_toml
from flowpilot.imports.queries import read_run
from flowpilot.imports.saved.service import save_mapping
from flowpilot.imports.schemas import ImportRunOut
from flowpilot.imports.undoing import RunNotFoundError
from flowpilot.imports.unusable import left_out_in_words
from flowpilot.imports.uploads import service
from flowpilot.imports.uploads.looking import MOST_ROWS
from flowpilot.imports.uploads.models import ImportUpload, UploadState
from flowpilot.imports.uploads.policy import may_start, may_stop
from flowpilot.imports.uploads.queries import read_upload
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.imports import written
from flowpilot.web.imports.looking import ChosenPreview, FirstPreview, UploadPreview
from flowpilot.web.imports.paths import PATH, reports_path
from flowpilot.web.imports.view import ChoicesView, view_of
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix=PATH, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(SettingsPage):
    """A file that can be imported, with what is chosen for it."""

    template: ClassVar[str] = "settings/imports/choose.html"
    section: ClassVar[str] = PATH
    seen: UploadPreview
    view: ChoicesView | None
    zones: list[str]
    saved_as: str = ""
    most_rows: int = MOST_ROWS
    written: ClassVar[Any] = written

    @property
    def sheets(self) -> list[tuple[str, str]]:
        """The sheets to choose from."""
        return [(name, name) for name in self.seen.sheets]

    @property
    def lists(self) -> list[tuple[str, str]]:
        """The lists of a document to choose from."""
        return [(name, name) for name in self.seen.lists]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing(SettingsPage):
    """A file that is being imported, or was, or not: then it says why. `run` is what it became, if not undone."""

    template: ClassVar[str] = "settings/imports/progress.html"
    section: ClassVar[str] = PATH
    left_out: ClassVar[Any] = staticmethod(left_out_in_words)
    upload: ImportUpload
    run: ImportRunOut | None
    reports: str | None

    @property
    def is_repeated(self) -> bool:
        """Whether the same file was imported before, so that this time nothing was done."""
        return self.run is not None and self.run.created_at < self.upload.created_at

    @property
    def may_stop(self) -> bool:
        """Whether it can be stopped."""
        return may_stop(self.upload.state)


@router.get("/{upload_id}")
async def show_upload(
    request: Request, seen: FirstPreview, _: CanManageAccount, db: ReadSession, frame: CurrentFrame
) -> Response:
    if may_start(seen.upload.state):
        return _choose(request, seen, frame)
    return await _progress(request, db, seen.upload, frame)


@router.get("/{upload_id}/progress")
async def show_progress(
    request: Request, upload_id: uuid.UUID, actor: CanManageAccount, db: ReadSession, frame: CurrentFrame
) -> Response:
    # Asked for while an import goes on, so the file is not looked at.
    upload = await read_upload(db, actor.account_id, upload_id)
    if upload.state == UploadState.KEPT:
        return go_to(f"{PATH}/{upload_id}")
    return await _progress(request, db, upload, frame)


@router.post("/{upload_id}")
async def look_again(
    request: Request, seen: ChosenPreview, actor: CanManageAccount, db: WriteSession, frame: CurrentFrame
) -> Response:
    await service.keep_choices(db, actor, seen.upload.id, seen.form.model_dump(mode="json"))
    return _choose(request, seen, frame)


@router.post("/{upload_id}/start")
async def start(
    request: Request, seen: ChosenPreview, actor: CanManageAccount, db: WriteSession, frame: CurrentFrame, now: Now
) -> Response:
    if seen.form.is_afresh or seen.preview is None or seen.preview.equal.question:
        # Something was changed that nobody has looked at, or has to be said: show it first.
        await service.keep_choices(db, actor, seen.upload.id, seen.form.model_dump(mode="json"))
        return _choose(request, seen, frame)
    await service.start(db, actor, seen.upload.id, seen.ready(), now)
    return go_to(f"{PATH}/{seen.upload.id}")


@router.post("/{upload_id}/save")
async def save(
    request: Request, seen: ChosenPreview, actor: CanManageAccount, db: WriteSession, frame: CurrentFrame, now: Now
) -> Response:
    try:
        name = says_something(storable(seen.form.name.strip()))
    except ValueError as error:
        raise InvalidError("Give the mapping a name.", field="name") from error
    # What is wrong with one file says nothing of the next.
    await save_mapping(db, actor, name, seen.ready().leaving_out(unusable=False), now)
    return _choose(request, seen, frame, saved_as=name)


@router.post("/{upload_id}/mapping.toml")
async def download(seen: ChosenPreview, _: CanManageAccount) -> Response:
    name = quote(f"{seen.form.name.strip() or 'mapping'}.toml")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(as_toml(draft_of(seen.ready())), media_type="application/toml", headers=headers)


@router.post("/{upload_id}/stop")
async def stop(upload_id: uuid.UUID, actor: CanManageAccount, db: WriteSession) -> Response:
    await service.stop(db, actor, upload_id)
    return go_to(f"{PATH}/{upload_id}")


@router.post("/{upload_id}/discard")
async def discard(upload_id: uuid.UUID, actor: CanManageAccount, db: WriteSession) -> Response:
    await service.discard(db, actor, upload_id)
    return go_to(PATH, "The uploaded file is removed.")


def _choose(request: Request, seen: UploadPreview, frame: Frame, saved_as: str = "") -> Response:
    title = f"Import {seen.upload.name}"
    page = Choose(title=title, seen=seen, view=view_of(seen), zones=sorted(zone_names()), saved_as=saved_as)
    return render(request, page, frame)


async def _progress(request: Request, db: ReadDb, upload: ImportUpload, frame: Frame) -> Response:
    run = await _run_of(db, upload)
    page = Importing(title="Import", upload=upload, run=run, reports=reports_path(run))
    return render(request, page, frame)


async def _run_of(db: ReadDb, upload: ImportUpload) -> ImportRunOut | None:
    if upload.run_id is None:
        return None
    try:
        return ImportRunOut.of(await read_run(db, upload.account_id, upload.run_id))
    except RunNotFoundError:
        return None
