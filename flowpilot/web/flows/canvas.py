"""The canvas: the diagram of a flow's draft, where one edits it. Scripts draw it and save it over the API."""

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.flows import api
from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.schemas import FlowDetailOut, VersionDetailOut, VersionRow
from flowpilot.flows.subflows.checks import all_problems
from flowpilot.flows.tree import to_json
from flowpilot.flows.versions.api import list_versions
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession
from flowpilot.web.flows.pages import traffic_of
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/flows/{flow_id}/canvas", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas(Page):
    """The draft, or the published version if there is no draft. `given` is what the scripts begin with."""

    template: ClassVar[str] = "flows/canvas/page.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    has_traffic: bool
    given: dict[str, Any]


@router.get("")
async def show_canvas(
    request: Request,
    flow_id: uuid.UUID,
    actor: CanManageFlows,
    db: ReadSession,
    frame: CurrentFrame,
    node: str = "",
) -> Response:
    """The canvas, with a node selected, or the one where the flow begins."""
    flow = await api.read_flow(flow_id, actor, db)
    edition, traffic = flow.newest, await traffic_of(actor, db, frame, flow_id)
    newest = (await list_versions(flow_id, actor, db, limit=1)).items[0]
    given = {
        "flow_id": str(flow_id),
        "url": f"/api/v1/flows/{flow_id}",
        "user_id": str(actor.user_id),
        "me": frame.name,
        "zone": frame.zone,
        "facts": flow.model_dump(mode="json", include={"name", "category", "description", "keywords"})
        | {"type": edition.type},
        "edition": _edition(newest),
        "tree": to_json(edition.tree),
        "flows": flow.subflows,
        "selected": node if node in edition.tree.nodes else None,
        "problems": [_problem(one) for one in await all_problems(db, actor.account_id, flow_id, edition.tree)],
        "traffic": traffic
        and traffic.model_dump(mode="json", include={"sessions", "is_newest_only", "nodes", "edges"}),
    }
    page = Canvas(
        title=f"Edit {flow.name}", flow=flow, edition=edition, has_traffic=traffic is not None, given=given
    )
    return render(request, page, frame)


def _edition(newest: VersionRow) -> dict[str, Any]:
    """The version that the server has, in the words of the scripts."""
    return {
        "id": str(newest.id),
        "at": newest.created_at.isoformat(),
        "by": newest.created_by_name or "somebody",
        "isDraft": newest.published_at is None,
    }


def _problem(one: TreeProblem) -> dict[str, Any]:
    return {"node": one.node, "message": one.message}
