"""New flows, imports, and a flow's life from draft to deletion."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.flows import api
from flowpilot.flows.articles.api import ArticleIn, create_from_article
from flowpilot.flows.articles.outline import ArticleError
from flowpilot.flows.articles.reading import ArticleFormat
from flowpilot.flows.categories import api as categories
from flowpilot.flows.drafts import api as drafts
from flowpilot.flows.importing import ImportAction
from flowpilot.flows.plain import ShortText
from flowpilot.flows.schemas import CategoryOut, ImportIn, ImportOut
from flowpilot.flows.text import MAX_CHARACTERS, FlowText
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree
from flowpilot.http.fields import wrong
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows", include_in_schema=False)


# A new flow begins with this: it can be published as it is, and shows how a flow is built.
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


class EditionForm(BaseModel):
    """`based_on` is the version that the page showed, so that nobody overwrites or publishes anything unseen."""

    based_on: uuid.UUID


class NewFlowForm(OnceForm):
    """A new flow; the rest is written in the editor."""

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
    known = await categories.list_categories(actor, db, limit=200)
    return render(request, NewFlow(title="New flow", categories=known.items), frame)


@router.post("")
async def create(
    body: Annotated[NewFlowForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now, once: CreateOnce
) -> Response:
    """Create a flow, and continue in the editor."""
    text = FlowText(name=body.name, category=body.category, tree=_SKELETON)
    made = await api.create_flow(text, actor, db, now, once)
    return go_to(
        f"/flows/{made.id}/edit",
        "Draft created, with an example. Replace it with your first question, and say where each answer leads.",
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
    """Import a flow from a file or from pasted text."""
    text = await _read(file) if file is not None and file.filename else yaml
    if not text.strip():
        raise wrong("file", "Choose a file, or paste the YAML of a flow")
    if len(text) > MAX_CHARACTERS:
        raise wrong("file", f"The file has more than {MAX_CHARACTERS:,} characters; a flow needs far fewer.")
    done = await api.import_yaml(ImportIn(yaml=text, publish=publish), actor, db, now, once, Response())
    return go_to(f"/flows/{done.flow_id}/versions/{done.version}", notice_of_import(done, publish=publish))


@router.post("/import/article")
async def import_article(
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
    text: Annotated[str, Form()] = "",
    format_: Annotated[ArticleFormat, Form(alias="format")] = ArticleFormat.MARKDOWN,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Make a draft of an article, and continue in the editor, which shows both."""
    article = ArticleIn(file=file, text=text, format=format_)
    try:
        made = await create_from_article(article, actor, db, now, once)
    except ArticleError as error:
        raise wrong(
            "file" if not text.strip() or (file is not None and file.filename) else "text", error.detail
        ) from error
    return go_to(
        f"/flows/{made.id}/edit",
        "Draft created from the article. Compare it with the article, and word its open questions.",
    )


@router.post("/library")
async def install_library(actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Publish the shipped flows that the account does not have yet."""
    n = (await api.install_library(actor, db, now)).installed
    return go_to(
        "/flows", f"Flows installed and published: {n}." if n else "All shipped flows are already installed."
    )


@router.post("/{flow_id}/publish")
async def publish(
    flow_id: uuid.UUID, body: Annotated[EditionForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Publish the draft: new sessions follow it."""
    flow = await api.publish_flow(flow_id, actor, db, now, body.based_on)
    return go_to(f"/flows/{flow_id}", f"Version {flow.published_version} is published. New sessions follow it.")


@router.post("/{flow_id}/discard")
async def discard(
    flow_id: uuid.UUID, body: Annotated[EditionForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Discard the draft; the published version stays."""
    await drafts.discard_draft(flow_id, actor, db, now, body.based_on)
    return go_to(f"/flows/{flow_id}", "The draft is discarded.")


@router.post("/{flow_id}/retire")
async def retire(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Retire the flow: new sessions are no longer matched to it."""
    await api.retire_flow(flow_id, actor, db, now)
    return go_to(f"/flows/{flow_id}", "Retired. New sessions are no longer matched to it.")


@router.post("/{flow_id}/restore")
async def restore(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Restore a retired flow: new sessions are matched to it again."""
    await api.restore_flow(flow_id, actor, db, now)
    return go_to(f"/flows/{flow_id}", "Restored. New sessions are matched to it again.")


@router.post("/{flow_id}/delete")
async def delete(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> Response:
    """Delete the flow for good; sessions keep the versions that they followed."""
    await api.delete_flow(flow_id, actor, db, now)
    return go_to("/flows", "The flow is deleted. Sessions keep the versions that they followed.")


async def _read(file: UploadFile) -> str:
    try:
        return (await file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong("file", "The file is not UTF-8 text. Export a flow to see an example") from None


def notice_of_import(done: ImportOut, *, publish: bool) -> str:
    """What an import did, for its page."""
    if done.action is ImportAction.UNCHANGED:
        return f"“{done.name}” already exists, and nothing has changed in it."
    did = "Imported" if done.action is ImportAction.CREATED else "Updated"
    return f"{did} “{done.name}”. Version {done.version} is {'published' if publish else 'a draft'}."
