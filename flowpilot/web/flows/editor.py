"""The editor of a flow's draft: one node at a time, and what is still wrong with the flow."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field, ValidationError

from flowpilot.clients.queries import KnownClient
from flowpilot.clock import Now
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import InvalidError
from flowpilot.flows import api
from flowpilot.flows.categories import api as categories
from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.drafts.api import save_draft
from flowpilot.flows.plain import PLAIN
from flowpilot.flows.queries import FlowState
from flowpilot.flows.schemas import CategoryOut, DraftIn, FlowDetailOut, FlowOut, VersionDetailOut
from flowpilot.flows.subflows.checks import all_problems
from flowpilot.flows.tree import Choice, NodeKind
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.client_notes.api import StepNoteOut, list_flow_notes
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.flows import draft_tree
from flowpilot.web.flows.draft_tree import EditedTree, TreeJson
from flowpilot.web.flows.manage import EditionForm
from flowpilot.web.flows.outline import Outline, OutlineNode, outline
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows/{flow_id}/edit", include_in_schema=False)

# The empty rows for further choices, below the existing ones.
_SPARE_ROWS = 2


class DraftRefusedError(InvalidError):
    """The form contains something that not even a draft can store."""


class AboutForm(EditionForm):
    """The flow's facts in the library. Keywords are one a line."""

    name: str
    category: str | None = None
    type: str = "troubleshooting"
    description: str = ""
    keywords: str = ""


class NodeForm(EditionForm):
    """A node. Rows without a label are left out; `up` is the number of the row to move up.

    `flow`: the name of the flow that a sub-flow leads into.

    `open`: it is still to be worded.
    """

    node: str
    kind: NodeKind
    text: str = ""
    help: str = ""
    flow: str = ""
    label: list[Annotated[str, PLAIN]] = Field(default_factory=list)
    next: list[str] = Field(default_factory=list)
    up: int | None = None
    open: bool = False


class NewNodeForm(EditionForm):
    """A node that nothing leads to yet."""

    kind: NodeKind
    text: str


class NodeChoice(EditionForm):
    """The node to change."""

    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor(Page):
    """The draft, or the published version if there is no draft. `entry` is the node in the form."""

    template: ClassVar[str] = "flows/edit.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    outline: Outline
    problems: list[TreeProblem]
    entry: OutlineNode | None
    categories: list[CategoryOut]
    flows: list[FlowOut]
    notes: list[StepNoteOut]
    clients: list[KnownClient]

    @property
    def rows(self) -> list[Choice | None]:
        """The node's choices or outcomes, and empty rows for more."""
        offered = () if self.entry is None else self.entry.node.choices + self.entry.node.outcomes
        return [*offered, *[None] * _SPARE_ROWS]

    @property
    def troubled(self) -> set[str | None]:
        """The nodes with problems."""
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
    """The editor at a node, or at the root."""
    flow = await api.read_flow(flow_id, actor, db)
    edition = flow.newest
    read = outline(edition.tree)
    entry = read.entries.get(node) or next(iter(read.entries.values()), None)
    leads = entry is not None and entry.node.kind is NodeKind.SUBFLOW
    page = Editor(
        title=f"Edit {flow.name}",
        flow=flow,
        edition=edition,
        outline=read,
        problems=await all_problems(db, actor.account_id, flow_id, edition.tree),
        entry=entry,
        categories=(await categories.list_categories(actor, db, limit=200)).items,
        flows=await _flows_to_lead_into(actor, db, flow_id) if leads else [],
        notes=[] if entry is None else (await list_flow_notes(flow_id, actor, db, entry.id)).items,
        clients=await known_clients(actor, db),
    )
    return render(request, page, frame)


@router.post("/about")
async def save_about(
    flow_id: uuid.UUID, body: Annotated[AboutForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Save name, category and the like, which are not part of the tree."""
    about = body.model_dump(exclude={"based_on"})
    about["keywords"] = [line for line in body.keywords.splitlines() if line.strip()]
    return await save_edit(flow_id, body, draft_tree.unchanged, actor, db, now, about)


@router.post("/node")
async def save_node(
    flow_id: uuid.UUID, body: Annotated[NodeForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Save one node, and make the new nodes that it leads to."""
    rows = draft_tree.moved_up(list(zip(body.label, body.next, strict=False)), body.up)
    edit = partial(
        draft_tree.write_node,
        node_id=body.node,
        kind=body.kind,
        words=(body.text, body.help),
        rows=rows,
        flow=body.flow if body.kind is NodeKind.SUBFLOW else "",
        is_open=body.open,
    )
    return await save_edit(flow_id, body, edit, actor, db, now)


@router.post("/add")
async def add_node(
    flow_id: uuid.UUID, body: Annotated[NewNodeForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Add a node that no choice leads to yet."""
    return await save_edit(
        flow_id, body, partial(draft_tree.add_node, kind=body.kind, text=body.text), actor, db, now
    )


@router.post("/remove")
async def remove_node(
    flow_id: uuid.UUID, body: Annotated[NodeChoice, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Remove a node. Choices that led to it lead nowhere, and are among the problems then."""
    return await save_edit(flow_id, body, partial(draft_tree.remove_node, node_id=body.node), actor, db, now)


@router.post("/root")
async def set_root(
    flow_id: uuid.UUID, body: Annotated[NodeChoice, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Begin the flow at another node."""
    return await save_edit(flow_id, body, partial(draft_tree.set_root, node_id=body.node), actor, db, now)


async def _flows_to_lead_into(actor: Actor, db: ReadDb, flow_id: uuid.UUID) -> list[FlowOut]:
    """What the field for a sub-flow's flow suggests; any other name can be written, too."""
    found = await api.list_flows(actor, db, limit=200, state=FlowState.PUBLISHED)
    return [flow for flow in found.items if flow.id != flow_id]


async def save_edit(
    flow_id: uuid.UUID,
    form: EditionForm,
    edit: Callable[[TreeJson], EditedTree],
    actor: Actor,
    db: Db,
    now: Now,
    about: Mapping[str, Any] | None = None,
) -> Response:
    """Save the draft after an edit of its tree, and go back to the editor."""
    flow = await api.read_flow(flow_id, actor, db)
    edited = edit(flow.newest.tree.model_dump(mode="json"))
    known = {name: getattr(flow, name) for name in ("name", "category", "description", "keywords")}
    known["type"] = flow.newest.type
    try:
        draft = DraftIn.model_validate({**known, **(about or {}), "tree": edited.tree, "based_on": form.based_on})
    except ValidationError as error:
        raise DraftRefusedError(draft_tree.sentence(error)) from None
    await save_draft(flow_id, draft, actor, db, now)
    query = f"?{urlencode({'node': edited.node})}" if edited.node else ""
    return go_to(f"/flows/{flow_id}/edit{query}", edited.notice)
