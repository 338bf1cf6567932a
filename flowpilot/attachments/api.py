"""JSON routes of files: upload one, read it, and remove an upload that was a mistake."""

import uuid
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Header, Request, Response
from fastapi.responses import StreamingResponse

from flowpilot.attachments import service
from flowpilot.attachments.kinds import PICTURES
from flowpilot.attachments.models import Attachment
from flowpilot.attachments.pictures import THUMBNAIL_TYPE
from flowpilot.attachments.preparing import prepare
from flowpilot.attachments.queries import (
    AttachmentErasedError,
    AttachmentNotFoundError,
    pieces,
    read_attachment,
)
from flowpilot.attachments.schemas import PATH, AttachmentOut, ForTicketIn, UploadIn, UploadSaid
from flowpilot.clock import Now
from flowpilot.http.body_limits import takes_files
from flowpilot.identity.access import CanViewDetached, CanWork, CanWorkDetached
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import KeyHeader, Once

router = APIRouter(prefix=PATH, tags=["attachments"])

_UPLOADS_PER_MINUTE = 60
_SHOWN = frozenset(kind.media_type for kind in PICTURES)
# What somebody uploads is a guest here: it may not run, load or post anything, in whatever a browser takes it for.
_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # A file may be removed for good, so a copy is asked about each time.
    "Cache-Control": "private, no-cache",
}

Known = Annotated[str | None, Header(alias="If-None-Match")]


async def count_uploads(request: Request, actor: Actor, n_files: int = 1) -> None:
    """Count uploads of a caller.

    Raises:
        TooManyRequestsError: there were too many in this minute.
    """
    for _ in range(n_files):
        await request.app.state.limiter.hit(_UPLOADS_PER_MINUTE, "attachments", actor.caller)


@router.post("", status_code=201, dependencies=[Depends(takes_files)])
async def upload(
    request: Request, body: Annotated[UploadIn, File()], actor: CanWorkDetached, now: Now, key: KeyHeader = None
) -> AttachmentOut:
    """Upload a file, to be named by a step or a handoff within a day. Otherwise it is removed."""
    state = request.app.state
    await count_uploads(request, actor)
    # No connection is held while a picture is drawn again.
    prepared = await prepare(state.settings, body.file)
    said = UploadSaid(sha256=prepared.sha256, name=prepared.name, goes_to_ticket=body.goes_to_ticket)
    async with state.database.write(actor.account_id) as db:

        async def make() -> AttachmentOut:
            return AttachmentOut.of(
                await service.keep(db, state.settings, actor, prepared, now, goes_to_ticket=body.goes_to_ticket)
            )

        return await Once(request, actor, db, now, key, is_form=False).create(AttachmentOut, said, make)


@router.get("/{attachment_id}", response_class=Response)
async def read_file(
    request: Request, attachment_id: uuid.UUID, actor: CanViewDetached, known: Known = None
) -> Response:
    """The file. Pictures are shown, everything else is downloaded."""
    found = await _find(request, actor, attachment_id)
    disposition = "inline" if found.media_type in _SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Length": str(found.byte_count),
    }
    return _answer(request, found, known, found.media_type, headers)


@router.get("/{attachment_id}/thumbnail", response_class=Response)
async def read_thumbnail(
    request: Request, attachment_id: uuid.UUID, actor: CanViewDetached, known: Known = None
) -> Response:
    """A small picture of a picture, as WebP."""
    found = await _find(request, actor, attachment_id)
    if found.thumbnail_bytes is None:
        raise AttachmentNotFoundError
    headers = {"Content-Length": str(found.thumbnail_bytes)}
    return _answer(request, found, known, THUMBNAIL_TYPE, headers, is_thumbnail=True)


@router.patch("/{attachment_id}")
async def choose_for_ticket(
    attachment_id: uuid.UUID, body: ForTicketIn, actor: CanWork, db: WriteSession
) -> AttachmentOut:
    """Say whether an upload of the caller's, attached to nothing yet, is for the ticket."""
    chosen = await service.choose_for_ticket(db, actor, attachment_id, goes_to_ticket=body.goes_to_ticket)
    return AttachmentOut.of(chosen)


@router.delete("/{attachment_id}", status_code=204)
async def discard(attachment_id: uuid.UUID, actor: CanWork, db: WriteSession) -> None:
    """Remove an upload of the caller's that is attached to nothing yet."""
    await service.discard(db, actor, attachment_id)


async def _find(request: Request, actor: Actor, attachment_id: uuid.UUID) -> Attachment:
    async with request.app.state.database.read(actor.account_id) as db:
        found = await read_attachment(db, actor, attachment_id)
    if found.is_erased:
        raise AttachmentErasedError
    return found


def _answer(
    request: Request,
    found: Attachment,
    known: str | None,
    media_type: str,
    headers: Mapping[str, str],
    *,
    is_thumbnail: bool = False,
) -> Response:
    """The bytes as they come, or only that the caller has them already."""
    tag = f'"{found.sha256[:32]}{"-thumbnail" if is_thumbnail else ""}"'
    if known is not None and tag in known:
        return Response(status_code=304, headers={**_HEADERS, "ETag": tag})
    n_bytes = (found.thumbnail_bytes if is_thumbnail else found.byte_count) or 0
    database = request.app.state.database
    # A file that ends too early is not taken for whole: the connection breaks.
    content = pieces(database, found.account_id, found.id, is_thumbnail=is_thumbnail, n_bytes=n_bytes)
    return StreamingResponse(content, media_type=media_type, headers={**_HEADERS, **headers, "ETag": tag})
