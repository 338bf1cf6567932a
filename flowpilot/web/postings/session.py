"""What a session posts: a part of its page that keeps up to date, a preview, and a text for the client."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Form, Request, Response

from flowpilot.http.fields import Text
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.schemas import NoteText
from flowpilot.psa.provider import Audience
from flowpilot.sessions import policy
from flowpilot.sessions.api import LockedForWork
from flowpilot.sessions.models import AISession
from flowpilot.sessions.postings import api, service
from flowpilot.sessions.postings.schemas import ClientTextIn, PreviewOut
from flowpilot.sessions.queries import read_session, require_session
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.postings.section import SessionPostings, postings_of
from flowpilot.web.postings.standing import when_it_goes
from flowpilot.web.postings.statuses import chosen_for
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)


class ClientTextForm(OnceForm):
    """A text for the client, as the person who sends it has read it."""

    audience: Literal["client"]
    text: NoteText


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Page):
    """The part of a page that shows what was posted."""

    template: ClassVar[str] = "postings/section.html"
    posted: SessionPostings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Page):
    """What would be posted for the desk, and a text that can be sent to the client."""

    template: ClassVar[str] = "postings/preview.html"
    session: AISession
    internal: PreviewOut
    client: PreviewOut
    posted: SessionPostings | None
    statuses: str
    may_work: bool


@router.get("/postings")
async def show_section(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame, seen: Text = ""
) -> Response:
    """The part alone; no content if the page shows it already."""
    session = await require_session(db, actor.account_id, session_id)
    posted = await postings_of(actor, db, session)
    if posted is not None and posted.seen == seen:
        return Response(status_code=204)
    return render(request, Section(title="Ticket", posted=posted), frame)


@router.get("/preview")
async def show_preview(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    history = await read_session(db, actor.account_id, session_id)
    posted = await postings_of(actor, db, history.session)
    page = Preview(
        title="What goes to the ticket",
        session=history.session,
        internal=await service.preview(db, history, Audience.INTERNAL, frame.now),
        client=await service.preview(db, history, Audience.CLIENT, frame.now),
        posted=posted,
        statuses=await chosen_for(db, posted.connection if posted else None, Occasion.RESOLVED),
        may_work=policy.may_correct(policy.allowed(history.session, actor)),
    )
    return render(request, page, frame)


@router.post("/postings")
async def post_for_client(
    session_id: uuid.UUID,
    body: Annotated[ClientTextForm, Form()],
    actor: CanWork,
    locked: LockedForWork,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    """The one way in which a text reaches a client: somebody has read it, and presses the button."""
    text = ClientTextIn(audience=body.audience, text=body.text)
    await api.post_for_client(text, actor, locked, db, once)
    goes = await when_it_goes(db, actor.account_id, "It is on its way to the client.")
    return go_to(f"/sessions/{session_id}", f"{goes} You see below when it has arrived.")
