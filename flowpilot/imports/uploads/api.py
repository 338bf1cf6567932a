"""JSON routes of uploads: a file is uploaded, looked at, and imported."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request

from flowpilot.clock import Now, zone
from flowpilot.http.body_limits import takes_logs
from flowpilot.identity.access import CanManageAccount, CanManageAccountDetached
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.choosing.roles import role_of
from flowpilot.imports.queries import connected_system, earlier_systems
from flowpilot.imports.saved.service import saved_mappings
from flowpilot.imports.schemas import (
    PATH,
    ImportIn,
    LogColumnOut,
    LogColumnsOut,
    LogUploadIn,
    LogUploadOut,
)
from flowpilot.imports.uploads import service
from flowpilot.imports.uploads.answers import ImportPreviewOut
from flowpilot.imports.uploads.looking import preview_upload, with_file
from flowpilot.imports.uploads.queries import list_uploads, read_upload

router = APIRouter(prefix=f"{PATH}/uploads", tags=["imports"])

_UPLOADS_PER_MINUTE = 20
_LOOKS_PER_MINUTE = 120


async def count_upload(request: Request, actor: Actor) -> None:
    """Count an upload of a caller.

    Raises:
        TooManyRequestsError: there were too many in this minute.
    """
    await request.app.state.limiter.hit(_UPLOADS_PER_MINUTE, "imports", actor.caller)


async def count_look(request: Request, actor: Actor) -> None:
    """The same for a look at a file, which takes processor time."""
    await request.app.state.limiter.hit(_LOOKS_PER_MINUTE, "import-looks", actor.caller)


@router.post("", status_code=201, dependencies=[Depends(takes_logs)])
async def upload(
    request: Request, body: Annotated[LogUploadIn, File()], actor: CanManageAccountDetached, now: Now
) -> LogUploadOut:
    """Upload a file, to be looked at and imported within a day. Otherwise it is removed."""
    state = request.app.state
    await count_upload(request, actor)
    async with state.database.write(actor.account_id) as db:
        kept = await service.keep(db, state.settings, actor, body.file.file, body.file.filename or "", now)
        return LogUploadOut.model_validate(kept)


@router.get("")
async def list_kept(actor: CanManageAccount, db: ReadSession) -> list[LogUploadOut]:
    """The uploads that are still here, the newest first."""
    return [LogUploadOut.model_validate(one) for one in await list_uploads(db, actor.account_id)]


@router.get("/{upload_id}")
async def read_state(upload_id: uuid.UUID, actor: CanManageAccount, db: ReadSession) -> LogUploadOut:
    """An upload, and how far its import has come."""
    return LogUploadOut.model_validate(await read_upload(db, actor.account_id, upload_id))


@router.delete("/{upload_id}", status_code=204)
async def discard(upload_id: uuid.UUID, actor: CanManageAccount, db: WriteSession) -> None:
    """Remove an upload. What was imported of it stays."""
    await service.discard(db, actor, upload_id)


@router.get("/{upload_id}/columns")
async def read_columns(
    request: Request,
    upload_id: uuid.UUID,
    actor: CanManageAccountDetached,
    tz: Annotated[
        str | None, Query(description="IANA zone of times that state none; the mapping's, or the account's.")
    ] = None,
    base: Annotated[
        str,
        Query(
            max_length=210, description="A shipped mapping, `saved:` and a name, or `guess`; by default what fits."
        ),
    ] = "",
) -> LogColumnsOut:
    """The file's columns with examples, and a mapping for it: to be read, corrected, and previewed."""
    await count_look(request, actor)
    database = request.app.state.database
    async with database.read(actor.account_id) as db:
        saved = {one.name: one.content for one in await saved_mappings(db, actor.account_id)}
        earlier = await earlier_systems(db, actor.account_id)
        connected = await connected_system(db, actor.account_id)
    said_zone = zone(tz).key if tz else None
    asked = DraftRequest(actor.timezone, base, earlier=earlier, connected=connected, said_zone=said_zone)
    _, found = await with_file(
        *(database, actor.account_id, upload_id), lambda file, limit: begin(file, asked, saved, limit=limit)
    )
    columns = [
        LogColumnOut(
            name=column.name,
            known=column.known,
            distinct=column.distinct,
            examples=column.examples,
            time_formats=list(column.patterns),
            role=role.words if (role := role_of(found.draft, column.name)) else None,
        )
        for column in found.sample.columns
    ]
    return LogColumnsOut(rows=found.sample.rows, columns=columns, base=found.base, mapping=found.draft)


@router.post("/{upload_id}/preview")
async def preview(
    request: Request, upload_id: uuid.UUID, body: ImportIn, actor: CanManageAccountDetached, now: Now
) -> ImportPreviewOut:
    """What importing the file with this mapping would bring: figures, its first ten cases, and what looks wrong.

    If rows cannot be used and are not left out, the answer is 422: `rows` lists them with their tickets, and
    `n_rows` counts them. Of the first, it has the `line`, `column`, what was `found` and what was `expected`, and
    the file's `columns`. Of a long file, the first 20,000 rows are read. What takes longer than 30 seconds is
    stopped, and answered with 422, too.
    """
    await count_look(request, actor)
    return ImportPreviewOut.of(
        await preview_upload(request.app.state.database, actor.account_id, upload_id, body.rules, now)
    )


@router.post("/{upload_id}/start", status_code=202)
async def start(
    upload_id: uuid.UUID, body: ImportIn, actor: CanManageAccount, db: WriteSession, now: Now
) -> LogUploadOut:
    """Import the file: all of it, or nothing. A job does it; ask for the upload to see how far it is."""
    return LogUploadOut.model_validate(await service.start(db, actor, upload_id, body.rules, now))


@router.post("/{upload_id}/stop", status_code=202)
async def stop(upload_id: uuid.UUID, actor: CanManageAccount, db: WriteSession) -> LogUploadOut:
    """Stop the import: then nothing of the file is kept in the account. One that has ended stays as it is."""
    return LogUploadOut.model_validate(await service.stop(db, actor, upload_id))
