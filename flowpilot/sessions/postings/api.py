"""JSON routes of a session's postings: what went to its ticket, what would, and a text for the client."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.psa.postings.queries import PostingFilter, postings
from flowpilot.psa.postings.schemas import PostingOut, posting_out
from flowpilot.psa.provider import Audience
from flowpilot.sessions.api import LockedForWork
from flowpilot.sessions.postings import service
from flowpilot.sessions.postings.schemas import ClientTextIn, PreviewOut
from flowpilot.sessions.queries import read_session, require_session

router = APIRouter(prefix="/api/v1/ai-sessions/{session_id}/postings", tags=["ticket system"])


@router.get("")
async def list_postings(
    session_id: uuid.UUID, actor: CanView, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[PostingOut]:
    """What was posted to the session's ticket, and what waits; the newest first."""
    found = await postings(db, actor, PostingFilter(session_id=session_id), limit + 1, cursor)
    if not found:
        await require_session(db, actor.account_id, session_id)
    return list_page([posting_out(shown) for shown in found], limit)


@router.get("/preview")
async def preview_posting(
    session_id: uuid.UUID, audience: Audience, actor: CanView, db: ReadSession, now: Now
) -> PreviewOut:
    """What would be posted if the session ended now, or the text proposed for the client. It makes nothing."""
    return await service.preview(db, await read_session(db, actor.account_id, session_id), audience, now)


@router.post("", status_code=201)
async def post_for_client(
    body: ClientTextIn, actor: CanWork, locked: LockedForWork, db: WriteSession, once: CreateOnce
) -> PostingOut:
    """Send a text to the client, as a note that the client can read. Nothing is sent to clients by itself."""

    async def make() -> PostingOut:
        return posting_out(await service.post_for_client(db, actor, locked.session, body.text, locked.moment))

    return await once.create(PostingOut, body, make)
