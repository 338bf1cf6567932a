"""JSON routes of flows with their files: exported as one archive, and imported from it."""

import re
import uuid
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from flowpilot.attachments.api import count_uploads
from flowpilot.attachments.preparing import CHUNK_BYTES, in_drawing_thread
from flowpilot.clock import Now
from flowpilot.flows.files.bundle import MEDIA_TYPE
from flowpilot.flows.files.importing import export_bundle, import_bundle, read_within_limits
from flowpilot.flows.importing import ImportAction
from flowpilot.flows.schemas import ImportOut
from flowpilot.flows.text import FlowText
from flowpilot.flows.versions.api import MAX_NUMBER
from flowpilot.http.body_limits import takes_files
from flowpilot.http.fields import Body
from flowpilot.identity.access import CanManageFlowsDetached, CanViewDetached
from flowpilot.identity.idempotency import KeyHeader, Once

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])


class BundleIn(Body):
    """A flow with its files, as an archive."""

    file: UploadFile = Field(description="As an export makes it: `flow.yaml`, and the files below `files/`.")
    publish: bool = Field(default=False, description="Publish it at once; otherwise it becomes the flow's draft.")


class BundleSaid(BaseModel):
    """What tells one archive from another."""

    text: FlowText
    files: dict[str, str]
    publish: bool


@router.get("/{flow_id}/bundle", response_class=Response)
async def export_with_files(
    request: Request,
    flow_id: uuid.UUID,
    actor: CanViewDetached,
    version: Annotated[
        int | None,
        Query(ge=1, le=MAX_NUMBER, description="The published version by default, or the draft if there is none."),
    ] = None,
) -> Response:
    """A version with its files, as an archive (ZIP): `flow.yaml`, and the files below `files/`."""
    file, name, number = await export_bundle(request.app.state.database, actor.account_id, flow_id, version)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "flow"
    headers = {"Content-Disposition": f'attachment; filename="{slug}-v{number}.zip"'}
    return StreamingResponse(_read(file), media_type=MEDIA_TYPE, headers=headers)


@router.post("/import/bundle", status_code=201, dependencies=[Depends(takes_files)])
async def import_with_files(
    request: Request,
    body: Annotated[BundleIn, File()],
    actor: CanManageFlowsDetached,
    now: Now,
    response: Response,
    key: KeyHeader = None,
) -> ImportOut:
    """Import a flow with its files. A flow with the same name gets it as its draft; 200 if nothing has changed."""
    state = request.app.state
    await count_uploads(request, actor)
    # No connection is held while pictures are drawn again.
    bundle = await in_drawing_thread(read_within_limits, state.settings, body.file.file)
    files = {name: one.sent_sha256 for name, one in bundle.files.items()}
    said = BundleSaid(text=bundle.text, files=files, publish=body.publish)
    async with state.database.write(actor.account_id) as db:

        async def run() -> ImportOut:
            done = await import_bundle(db, state.settings, actor, bundle, now, publish=body.publish)
            return ImportOut.model_validate(done)

        done = await Once(request, actor, db, now, key, is_form=False).create(ImportOut, said, run)
    if done.action is ImportAction.UNCHANGED:
        response.status_code = 200
    return done


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK_BYTES):
            yield piece
