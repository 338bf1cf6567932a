"""JSON routes of the copilot's suggestions: done, or dismissed."""

from fastapi import APIRouter, Request

from flowpilot.db.session import Db
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, Once
from flowpilot.sessions import schemas
from flowpilot.sessions.api import LoadedForWork, answer, moved_on
from flowpilot.sessions.following.seen import check_seen
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.suggestions import service
from flowpilot.sessions.suggestions.schemas import DismissedIn, DoneIn, RestoredIn
from flowpilot.sessions.transitions import Action

router = APIRouter(prefix="/api/v1/ai-sessions/{session_id}/suggestions", tags=["sessions"])


@router.post("/done", status_code=201)
async def do_suggestion(
    request: Request, body: DoneIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession, once: CreateOnce
) -> schemas.SessionOut:
    """Record that a suggestion was done, as a step with its outcome."""
    return await record_done(request, body, actor, loaded, db, once)


async def record_done(
    request: Request, body: DoneIn, actor: Actor, loaded: LoadedSession, db: Db, once: Once
) -> schemas.SessionOut:
    """Record it once, however often it is sent."""

    async def make() -> schemas.SessionOut:
        check_seen(loaded, body, actor, Action.STEP)
        await service.do(db, actor, loaded, body.shown, body.result, body.note)
        return await moved_on(request, db, actor, loaded)

    return await once.create(schemas.SessionOut, body, make)


@router.post("/dismiss")
async def dismiss_suggestion(
    body: DismissedIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Do not suggest this again in the session. It is not a step: the AI is not asked again until there is one."""
    check_seen(loaded, body, actor, Action.STEP)
    await service.dismiss(db, actor, loaded, body.shown, service.Dismissal(body.reason, body.note))
    return await answer(db, actor, loaded.session.id, loaded)


@router.post("/restore")
async def restore_suggestion(
    body: RestoredIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Suggest again what was dismissed by mistake. Its dismissal is removed, and counts in no report."""
    await service.restore(db, actor, loaded, body.action)
    return await answer(db, actor, loaded.session.id, loaded)
