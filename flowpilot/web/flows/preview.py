"""Trying a flow click by click, without a session."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.flows import api
from flowpilot.flows.api import OtherNumber
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.schemas import FlowDetailOut, VersionDetailOut
from flowpilot.flows.tree import Node, Tree
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/flows/{flow_id}/preview", include_in_schema=False)

Path = Annotated[str, Query(pattern=r"^(\d{1,4}(\.\d{1,4})*)?$", max_length=2000)]


@dataclass(frozen=True, slots=True)
class Answered:
    """A step: the node, the label that was clicked, and the path before it."""

    node: Node
    label: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Page):
    """Where the clicks have led. `node` is None if the last one leads nowhere."""

    template: ClassVar[str] = "flows/preview.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    answered: list[Answered]
    at: str
    node: Node | None
    path: str


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
    """A version, by default the newest. `path` contains the number of each choice, counted from 0."""
    flow = await api.read_flow(flow_id, actor, db)
    edition = flow.newest if version is None else await api.read_version(flow_id, version, actor, db)
    answered, at = _walk(edition.tree, path)
    page = Preview(
        title=f"Try {flow.name}",
        flow=flow,
        edition=edition,
        answered=answered,
        at=at,
        node=fill_tree(edition.tree, {}).nodes.get(at),
        path=".".join(path.split(".")[: len(answered)]) if path else "",
    )
    return render(request, page, frame)


def _walk(tree: Tree, path: str) -> tuple[list[Answered], str]:
    """The answers, and the node that they lead to. A number without a choice ends the walk."""
    at, done = tree.root, ""
    answered: list[Answered] = []
    for number in path.split(".") if path else []:
        node = tree.nodes.get(at)
        if node is None or int(number) >= len(node.offered):
            break
        choice = node.offered[int(number)]
        answered.append(Answered(node, choice.label, done))
        at, done = choice.next, f"{done}.{number}" if done else number
    return answered, at
