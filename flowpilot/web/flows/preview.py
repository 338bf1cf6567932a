"""Trying a flow click by click, without a session."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.flows import api
from flowpilot.flows.schemas import FlowDetailOut, VersionDetailOut
from flowpilot.flows.subflows.names import as_id
from flowpilot.flows.versions.api import OtherNumber, read_version
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions.following.usable import UsableFlow, usable_flow
from flowpilot.web.flows.walking import Walk, walk
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/flows/{flow_id}/preview", include_in_schema=False)

Path = Annotated[str, Query(pattern=r"^(\d{1,4}(\.\d{1,4})*)?$", max_length=2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Page):
    """Where the clicks have led."""

    template: ClassVar[str] = "flows/preview.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    walk: Walk


@router.get("")
async def preview(
    request: Request,
    flow_id: uuid.UUID,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    path: Path = "",
    version: OtherNumber | None = None,
) -> Response:
    """A version, by default the newest, with its sub-flows as they are published.

    `path` contains the number of each choice, counted from 0.
    """
    flow = await api.read_flow(flow_id, actor, db)
    edition = flow.newest if version is None else await read_version(flow_id, version, actor, db)

    async def load(named: str) -> UsableFlow | None:
        inner = as_id(named)
        return None if inner is None else await usable_flow(db, actor.account_id, inner)

    walked = await walk(flow_id, flow.name, edition.tree, path, load)
    page = Preview(title=f"Try {flow.name}", flow=flow, edition=edition, walk=walked)
    return render(request, page, frame)
