"""The forms for flows with files: what a node shows, and an import of both."""

import uuid
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import Field

from flowpilot.attachments.kinds import AttachmentRefusedError
from flowpilot.attachments.schemas import AttachmentIds
from flowpilot.attachments.service import keep
from flowpilot.clock import Now
from flowpilot.flows.files import api
from flowpilot.flows.files.api import BundleIn
from flowpilot.flows.files.node import MOST_OF_A_NODE
from flowpilot.http.body_limits import takes_files
from flowpilot.identity.access import CanManageFlows, CanManageFlowsDetached
from flowpilot.identity.auth import WriteSession
from flowpilot.web.flows import draft_tree
from flowpilot.web.flows.draft_tree import EditedTree, TreeJson
from flowpilot.web.flows.editor import save_edit
from flowpilot.web.flows.manage import EditionForm, notice_of_import
from flowpilot.web.render import go_to
from flowpilot.web.uploads import FIELD, SentFiles

router = APIRouter(prefix="/flows", include_in_schema=False)


class NodeFilesForm(EditionForm):
    """Files to add to a node, and the numbers of those to remove, from 0. `sent_files` reads `files` first."""

    node: str
    remove: list[int] = Field(default_factory=list)
    attachments: AttachmentIds = Field(default_factory=list)
    files: list[UploadFile] = Field(default_factory=list, exclude=True)


@router.post("/{flow_id}/edit/files")
async def save_files(
    request: Request,
    sent: SentFiles,
    flow_id: uuid.UUID,
    body: Annotated[NodeFilesForm, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    """Save what a node shows."""
    settings = request.app.state.settings
    kept = [await keep(db, settings, actor, one, now, goes_to_ticket=False) for one in sent]
    added = [*body.attachments, *(one.id for one in kept)]

    def edit(tree: TreeJson) -> EditedTree:
        return _with_files(tree, body.node, body.remove, added)

    return await save_edit(flow_id, body, edit, actor, db, now)


@router.post("/import/bundle", dependencies=[Depends(takes_files)])
async def import_with_files(
    request: Request, body: Annotated[BundleIn, File()], actor: CanManageFlowsDetached, now: Now
) -> Response:
    """Import a flow with its files. Sent twice, it changes nothing the second time."""
    done = await api.import_with_files(request, body, actor, now, Response())
    return go_to(f"/flows/{done.flow_id}/versions/{done.version}", notice_of_import(done, publish=body.publish))


def _with_files(tree: TreeJson, node_id: str, removed: Iterable[int], added: Iterable[uuid.UUID]) -> EditedTree:
    shown: list[Any] = tree["nodes"].get(node_id, {}).get("files", [])
    gone = set(removed)
    files = [file for number, file in enumerate(shown) if number not in gone]
    files += [{"id": str(one)} for one in added]
    if len(files) > MOST_OF_A_NODE:
        raise AttachmentRefusedError(f"One node takes {MOST_OF_A_NODE} files. Remove one first.", FIELD)
    return draft_tree.write_parts(tree, node_id, {"files": files})
