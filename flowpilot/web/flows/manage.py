"""What is done with whole flows: new ones, imports, and a flow's life from draft to deleted."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.errors import InvalidError
from flowpilot.flows import api
from flowpilot.flows.importing import ImportAction
from flowpilot.flows.schemas import CategoryOut, ImportIn, ImportOut
from flowpilot.flows.text import MAX_CHARACTERS, FlowText
from flowpilot.flows.tree import Choice, Node, NodeKind, ShortText, Tree
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows", include_in_schema=False)


# What a flow begins with: it can be published as it is, and shows how a flow is built.
_SKELETON = Tree(
    root="first-question",
    nodes={
        "first-question": Node(
            kind=NodeKind.QUESTION,
            text="Is the problem solved?",
            choices=(Choice(label="Yes", next="solved"), Choice(label="No", next="hand-over")),
        ),
        "solved": Node(kind=NodeKind.RESOLUTION, text="The problem is solved."),
        "hand-over": Node(kind=NodeKind.ESCALATION, text="Hand over to a senior with what is known."),
    },
)


class NotTextError(InvalidError):
    """The file is no text, or there is nothing at all."""


class EditionForm(BaseModel):
    """`based_on` is the version that the page showed: nobody undoes or publishes what they have not seen."""

    based_on: uuid.UUID


class NewFlowForm(OnceForm):
    """A new flow; all else is written in the editor."""

    name: ShortText
    category: ShortText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlow(Page):
    """The form for a new flow."""

    template: ClassVar[str] = "flows/new.html"
    categories: list[CategoryOut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFlow(Page):
    """The form for a flow as YAML."""

    template: ClassVar[str] = "flows/import.html"


@router.get("/new")
async def show_new(request: Request, actor: CanManageFlows, db: ReadSession, frame: CurrentFrame) -> Response:
    """The form for a new flow."""
    categories = await api.list_categories(actor, db, limit=200)
    return render(request, NewFlow(title="New flow", categories=categories.items), frame)


@router.post("")
async def create(
    body: Annotated[NewFlowForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now, once: CreateOnce
) -> Response:
    """Make a flow, and go on in the editor."""
    text = FlowText(name=body.name, category=body.category, tree=_SKELETON)
    made = await api.create_flow(text, actor, db, now, once)
    return go_to(
        f"/flows/{made.id}/edit", "The draft is made. Write what is asked first, and where each answer leads."
    )


@router.get("/import")
async def show_import(request: Request, actor: CanManageFlows, db: ReadSession, frame: CurrentFrame) -> Response:
    """The form for a flow as YAML."""
    return render(request, ImportFlow(title="Import a flow"), frame)


@router.post("/import")
async def import_flow(
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
    yaml: Annotated[str, Form(max_length=MAX_CHARACTERS)] = "",
    file: Annotated[UploadFile | None, File()] = None,
    publish: Annotated[bool, Form()] = False,
) -> Response:
    """Bring a flow in, from a file or from what was pasted."""
    text = await _read(file) if file is not None and file.filename else yaml
    if not text.strip():
        raise NotTextError("Choose a file, or paste the flow's YAML.")
    if len(text) > MAX_CHARACTERS:
        raise NotTextError(f"The file has more than {MAX_CHARACTERS:,} characters; a flow needs far fewer.")
    done = await api.import_yaml(ImportIn(yaml=text, publish=publish), actor, db, now, once, Response())
    return go_to(f"/flows/{done.flow_id}/versions/{done.version}", _told(done, publish=publish))


@router.post("/library")
async def install_library(actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Publish the shipped flows that are not there yet."""
    n = (await api.install_library(actor, db, now)).installed
    return go_to("/flows", f"Flows installed and published: {n}." if n else "All shipped flows are here already.")


@router.post("/{flow_id}/publish")
async def publish(
    flow_id: uuid.UUID, body: Annotated[EditionForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Make the draft what new sessions follow."""
    flow = await api.publish_flow(flow_id, actor, db, now, body.based_on)
    return go_to(f"/flows/{flow_id}", f"Version {flow.published_version} is published: new sessions follow it.")


@router.post("/{flow_id}/discard")
async def discard(
    flow_id: uuid.UUID, body: Annotated[EditionForm, Form()], actor: CanManageFlows, db: WriteSession
) -> Response:
    """Throw the draft away."""
    await api.discard_draft(flow_id, actor, db, body.based_on)
    return go_to(f"/flows/{flow_id}", "The draft is thrown away.")


@router.post("/{flow_id}/retire")
async def retire(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Match no new session to it."""
    await api.retire_flow(flow_id, actor, db, now)
    return go_to(f"/flows/{flow_id}", "Retired. No new session is matched to it.")


@router.post("/{flow_id}/restore")
async def restore(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Bring it back."""
    await api.restore_flow(flow_id, actor, db, now)
    return go_to(f"/flows/{flow_id}", "Restored. New sessions are matched to it again.")


@router.post("/{flow_id}/delete")
async def delete(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Take it out of the library for good."""
    await api.delete_flow(flow_id, actor, db, now)
    return go_to("/flows", "The flow is deleted. Sessions keep what they followed.")


async def _read(file: UploadFile) -> str:
    try:
        return (await file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotTextError("The file is not text in UTF-8. Export a flow to see what one looks like.") from None


def _told(done: ImportOut, *, publish: bool) -> str:
    if done.action is ImportAction.UNCHANGED:
        return f"{done.name} is here already, and nothing is new in it."
    what = "is here" if done.action is ImportAction.CREATED else "was here already, and this is its next version"
    return f"{done.name} {what}. Version {done.version} is {'published' if publish else 'a draft'}."
