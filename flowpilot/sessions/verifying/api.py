"""JSON routes of fixes that have to prove themselves."""

import uuid

from fastapi import APIRouter

from flowpilot.http.fields import wrong
from flowpilot.http.paging import KeyCursor, Limit
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.api import LoadedForWork, read_session
from flowpilot.sessions.avoidable import judge
from flowpilot.sessions.following.seen import check_seen
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.transitions import Action
from flowpilot.sessions.verifying import service
from flowpilot.sessions.verifying.queries import waiting_to_verify
from flowpilot.sessions.verifying.schemas import ConfirmIn, FailIn, PostponeIn, VerifyIn, WaitingPage

router = APIRouter(prefix="/api/v1/ai-sessions", tags=["sessions"])


@router.get("/waiting-to-verify")
async def list_waiting(
    actor: CanView, db: ReadSession, limit: Limit = 50, cursor: KeyCursor = None, *, mine: bool = False
) -> WaitingPage:
    """Sessions whose fix has to prove itself, those to look at next first."""
    owner = actor.user_id if mine else None
    return WaitingPage.of(await waiting_to_verify(db, actor.account_id, limit, cursor, owner_id=owner))


@router.post("/{session_id}/verify")
async def verify(
    session_id: uuid.UUID, body: VerifyIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> SessionOut:
    """Pause the session until the fix that was applied is looked at again. Its handoff, if any, is set aside."""
    check_seen(loaded, body, actor, Action.VERIFY)
    try:
        await service.verify(db, actor, loaded, body.fix, body.waiting_for, body.look_again_at)
    except service.BadMomentError as error:
        raise wrong("look_again_at", error.detail) from error
    return await read_session(session_id, actor, db)


@router.post("/{session_id}/verify/postpone")
async def postpone(
    session_id: uuid.UUID, body: PostponeIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> SessionOut:
    """Look at the fix again later."""
    check_seen(loaded, body, actor, Action.POSTPONE)
    try:
        await service.postpone(db, actor, loaded, body.look_again_at)
    except service.BadMomentError as error:
        raise wrong("look_again_at", error.detail) from error
    return await read_session(session_id, actor, db)


@router.post("/{session_id}/verify/confirm")
async def confirm(
    session_id: uuid.UUID, body: ConfirmIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> SessionOut:
    """The fix has proved itself: the session is resolved."""
    check_seen(loaded, body, actor, Action.CONFIRM)
    await judge(db, actor, loaded, body.avoidable_reason)
    await service.confirm(db, actor, loaded, body.summary)
    return await read_session(session_id, actor, db)


@router.post("/{session_id}/verify/fail")
async def fail(
    session_id: uuid.UUID, body: FailIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> SessionOut:
    """The fix did not help: the session goes on."""
    check_seen(loaded, body, actor, Action.FAIL)
    await service.fail(db, actor, loaded, body.note)
    return await read_session(session_id, actor, db)
