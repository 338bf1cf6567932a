"""The note for the ticket, as its page shows it."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.attachments.schemas import AttachmentOut
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions import api
from flowpilot.sessions.notes.schemas import DocumentationOut
from flowpilot.sessions.schemas import SessionOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.postings.section import SessionPostings, postings_of
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/sessions", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Page):
    """The note as it will reach the ticket."""

    template: ClassVar[str] = "sessions/note.html"
    session: SessionOut
    note: DocumentationOut
    posted: SessionPostings | None

    @property
    def files(self) -> list[AttachmentOut]:
        """The files that the note names."""
        kept = set(self.session.standing)
        return [one for step in self.session.steps if step.id in kept for one in step.attachments]


@router.get("/{session_id}/note")
async def show_note(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    session = await api.read_session(session_id, actor, db)
    page = Note(
        title="Note for the ticket",
        session=session,
        note=await api.read_documentation(session_id, actor, db, frame.now),
        posted=await postings_of(actor, db, session),
    )
    return render(request, page, frame)


def show_resolved(session_id: uuid.UUID) -> Response:
    """Go from a session that has just been resolved to its note."""
    return go_to(f"/sessions/{session_id}/note", "Resolved. Below is the note.")
