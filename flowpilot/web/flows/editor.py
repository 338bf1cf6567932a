"""The editor of a flow's draft: one node at a time, and what is still wrong with the whole."""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field, ValidationError

from flowpilot.clock import Now
from flowpilot.db.session import Db
from flowpilot.errors import InvalidError, NotFoundError
from flowpilot.flows import api
from flowpilot.flows.schemas import CategoryOut, DraftIn, FlowDetailOut, VersionDetailOut
from flowpilot.flows.tree import PLAIN, Choice, NodeKind, TreeProblem, problems
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.web.flows import draft_tree as flow_tree
from flowpilot.web.flows.manage import EditionForm
from flowpilot.web.flows.outline import Outline, OutlineNode, outline
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows/{flow_id}/edit", include_in_schema=False)

# So many empty rows for further choices stand below those that are there.
_SPARE_ROWS = 2


class DraftRefusedError(InvalidError):
    """What was filled in cannot be kept, not even in a draft."""


class NodeNotFoundError(NotFoundError):
    """The draft has no such node (any more)."""


class AboutForm(EditionForm):
    """What the library knows of the flow. Keywords come one a line."""

    name: str
    category: str | None = None
    type: str = "troubleshooting"
    description: str = ""
    keywords: str = ""


class NodeForm(EditionForm):
    """A node. A row without a label is left away; `up` is the row that goes before the one above it."""

    node: str
    kind: NodeKind
    text: str = ""
    help: str = ""
    label: list[Annotated[str, PLAIN]] = Field(default_factory=list)
    next: list[str] = Field(default_factory=list)
    up: int | None = None


class NewNodeForm(EditionForm):
    """A node that nothing leads to yet."""

    kind: NodeKind
    text: str


class NodeChoice(EditionForm):
    """A node to do something with."""

    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor(Page):
    """The draft, or what is published where no draft is begun. `stop` is the node in the form."""

    template: ClassVar[str] = "flows/edit.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    outline: Outline
    problems: list[TreeProblem]
    stop: OutlineNode | None
    categories: list[CategoryOut]

    @property
    def rows(self) -> list[Choice | None]:
        """What the node offers, and room for more."""
        offered = () if self.stop is None else self.stop.node.choices + self.stop.node.outcomes
        return [*offered, *[None] * _SPARE_ROWS]

    @property
    def troubled(self) -> set[str | None]:
        """The nodes that something is wrong with."""
        return {problem.node for problem in self.problems}


@router.get("")
async def show_editor(
    request: Request,
    flow_id: uuid.UUID,
    actor: CanManageFlows,
    db: ReadSession,
    frame: CurrentFrame,
    node: str = "",
) -> Response:
    """The editor at a node; at the root when none is named."""
    flow = await api.read_flow(flow_id, actor, db)
    edition = _edition(flow)
    read = outline(edition.tree)
    page = Editor(
        title=f"Edit {flow.name}",
        flow=flow,
        edition=edition,
        outline=read,
        problems=problems(edition.tree),
        stop=read.stops.get(node) or next(iter(read.stops.values()), None),
        categories=(await api.list_categories(actor, db, limit=200)).items,
    )
    return render(request, page, frame)


@router.post("/about")
async def save_about(
    flow_id: uuid.UUID, body: Annotated[AboutForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Name, category and what else is not of the tree."""
    flow = await api.read_flow(flow_id, actor, db)
    about = body.model_dump(exclude={"based_on"})
    about["keywords"] = [line for line in body.keywords.splitlines() if line.strip()]
    await _save(flow, body, _tree(flow), actor, db, now, about)
    return _to_editor(flow_id, None, "Saved.")


@router.post("/node")
async def save_node(
    flow_id: uuid.UUID, body: Annotated[NodeForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """One node with what it offers, and the new nodes that it leads to."""
    flow = await api.read_flow(flow_id, actor, db)
    tree = _tree(flow)
    _check_node(tree, body.node)
    rows = flow_tree.moved(list(zip(body.label, body.next, strict=False)), body.up)
    made = flow_tree.write_node(tree, body.node, body.kind, (body.text, body.help), rows)
    await _save(flow, body, tree, actor, db, now)
    if made:
        return _to_editor(flow_id, made[0], "Saved. Write the new node next.")
    return _to_editor(flow_id, body.node, "Saved.")


@router.post("/add")
async def add_node(
    flow_id: uuid.UUID, body: Annotated[NewNodeForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """A node by itself; a choice is led to it afterwards."""
    flow = await api.read_flow(flow_id, actor, db)
    tree = _tree(flow)
    made = flow_tree.add_node(tree, body.kind, body.text)
    await _save(flow, body, tree, actor, db, now)
    return _to_editor(flow_id, made, "Added. Now let a choice of another node lead here.")


@router.post("/remove")
async def remove_node(
    flow_id: uuid.UUID, body: Annotated[NodeChoice, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Take a node away. Choices that led to it lead nowhere, which is among the problems then."""
    flow = await api.read_flow(flow_id, actor, db)
    tree = _tree(flow)
    _check_node(tree, body.node)
    del tree["nodes"][body.node]
    await _save(flow, body, tree, actor, db, now)
    return _to_editor(flow_id, flow_tree.leads_to(tree, body.node), "Removed.")


@router.post("/root")
async def set_root(
    flow_id: uuid.UUID, body: Annotated[NodeChoice, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Begin the flow at another node."""
    flow = await api.read_flow(flow_id, actor, db)
    tree = _tree(flow)
    _check_node(tree, body.node)
    tree["root"] = body.node
    await _save(flow, body, tree, actor, db, now)
    return _to_editor(flow_id, body.node, "The flow begins here now.")


def _edition(flow: FlowDetailOut) -> VersionDetailOut:
    edition = flow.draft or flow.published
    assert edition is not None  # A flow is made with its first draft, and the only draft cannot be discarded.
    return edition


def _tree(flow: FlowDetailOut) -> dict[str, Any]:
    return _edition(flow).tree.model_dump(mode="json")


def _check_node(tree: dict[str, Any], node: str) -> None:
    if node not in tree["nodes"]:
        raise NodeNotFoundError(f'The draft has no node "{node}". Load the editor again to see what there is.')


async def _save(
    flow: FlowDetailOut,
    edit: EditionForm,
    tree: dict[str, Any],
    actor: Actor,
    db: Db,
    now: Now,
    about: dict[str, Any] | None = None,
) -> None:
    known = {name: getattr(flow, name) for name in ("name", "category", "type", "description", "keywords")}
    try:
        draft = DraftIn.model_validate({**known, **(about or {}), "tree": tree, "based_on": edit.based_on})
    except ValidationError as error:
        raise DraftRefusedError(flow_tree.sentence(error)) from None
    await api.save_draft(flow.id, draft, actor, db, now)


def _to_editor(flow_id: uuid.UUID, node: str | None, notice: str) -> Response:
    return go_to(f"/flows/{flow_id}/edit" + (f"?{urlencode({'node': node})}" if node else ""), notice)
