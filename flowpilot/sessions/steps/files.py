"""JSON routes of a session's files: all that it has, and whether one goes to the ticket."""

import uuid
from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from flowpilot.attachments.queries import files_of_session
from flowpilot.attachments.schemas import AttachmentOut, ForTicketIn, ref_of
from flowpilot.attachments.service import choose_for_session
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.api import LockedForWork
from flowpilot.sessions.queries import require_session
from flowpilot.sessions.removal.policy import may_remove_file

router = APIRouter(prefix="/api/v1/ai-sessions/{session_id}/attachments", tags=["sessions"])


class SessionFileOut(AttachmentOut):
    """A file of a session."""

    goes_to_ticket: bool = Field(description="Whether it is posted with the note.")
    may_remove: bool = Field(description="Whether the caller may remove it for good.")
    added_at: datetime = Field(description="When it was sent with a step or a handoff.")


@router.get("")
async def list_files(session_id: uuid.UUID, actor: CanView, db: ReadSession) -> list[SessionFileOut]:
    """The files of a session, those of its handoffs too, in the order in which they were added."""
    session = await require_session(db, actor.account_id, session_id)
    found = await files_of_session(db, actor.account_id, session_id)
    return [
        SessionFileOut(
            **AttachmentOut.of(ref_of(one)).model_dump(),
            goes_to_ticket=one.goes_to_ticket,
            may_remove=may_remove_file(session, actor, one),
            added_at=one.attached_at or one.created_at,
        )
        for one in found
    ]


@router.patch("/{attachment_id}")
async def choose(
    attachment_id: uuid.UUID, body: ForTicketIn, locked: LockedForWork, db: WriteSession
) -> AttachmentOut:
    """Say whether a file is for the ticket. What has gone there already stays there."""
    session = locked.session
    chosen = await choose_for_session(
        db, session.account_id, session.id, attachment_id, goes_to_ticket=body.goes_to_ticket
    )
    return AttachmentOut.of(chosen)
