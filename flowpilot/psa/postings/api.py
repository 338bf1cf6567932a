"""JSON routes of postings: what was posted to the ticket system, and what waits."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import Text
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManagePsa, CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.replica.session import ReportSession
from flowpilot.psa.postings import queries, retrying, service
from flowpilot.psa.postings.models import State
from flowpilot.psa.postings.queries import PostingFilter
from flowpilot.psa.postings.schemas import CorrectionIn, PostingOut, RetriedOut, posting_out

router = APIRouter(prefix="/api/v1/psa/postings", tags=["ticket system"])


@router.get("")
async def list_postings(
    actor: CanView,
    db: ReportSession,
    state: Annotated[list[State] | None, Query(description="May be given several times.")] = None,
    session_id: uuid.UUID | None = None,
    ticket_id: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[PostingOut]:
    """Postings, the newest first."""
    asked = PostingFilter(state, session_id, ticket_id)
    found = await queries.postings(db, actor, asked, limit + 1, cursor)
    return list_page([posting_out(shown) for shown in found], limit)


@router.post("/retry")
async def retry_postings(
    actor: CanManagePsa,
    db: WriteSession,
    now: Now,
    state: Annotated[list[State] | None, Query(description="May be given several times.")] = None,
    session_id: uuid.UUID | None = None,
    ticket_id: Text | None = None,
) -> RetriedOut:
    """Try again all of a list that has failed or waits for a connection that was removed; at most 500 at once."""
    asked = PostingFilter(state, session_id, ticket_id)
    return RetriedOut.model_validate(await retrying.retry_all(db, actor.account_id, asked, now))


@router.get("/{posting_id}")
async def read_posting(posting_id: uuid.UUID, actor: CanView, db: ReadSession) -> PostingOut:
    """One posting, as far as it has come."""
    return await _out(db, actor, posting_id)


@router.post("/{posting_id}/retry")
async def retry_posting(posting_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> PostingOut:
    """Try what is left of a posting again. What may have been written is looked for first."""
    await service.retry(db, actor, posting_id, now)
    return await _out(db, actor, posting_id)


@router.post("/{posting_id}/abandon")
async def abandon_posting(posting_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> PostingOut:
    """Give up what has not arrived."""
    await service.abandon(db, actor, posting_id, now)
    return await _out(db, actor, posting_id)


@router.patch("/{posting_id}")
async def correct_posting(
    posting_id: uuid.UUID, body: CorrectionIn, actor: CanWork, db: WriteSession, now: Now
) -> PostingOut:
    """Change the text or the minutes of a posting that is held or queued."""
    await service.correct(db, actor, posting_id, now, **body.model_dump())
    return await _out(db, actor, posting_id)


@router.post("/{posting_id}/send")
async def send_posting(posting_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> PostingOut:
    """Let a held posting go now."""
    await service.send(db, actor, posting_id, now)
    return await _out(db, actor, posting_id)


async def _out(db: ReadDb, actor: Actor, posting_id: uuid.UUID) -> PostingOut:
    shown = await queries.posting(db, actor, posting_id)
    if shown is None:
        raise service.PostingNotFoundError
    return posting_out(shown)
