"""JSON routes of the next steps of a handoff's assessment: done, or dismissed."""

import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from flowpilot.db.session import Db
from flowpilot.handoffs import api
from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.handoffs.suggestions import service
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, Once
from flowpilot.sessions.api import ask_copilot
from flowpilot.sessions.holding import naming_the_holder
from flowpilot.sessions.locking import LoadedSession, load
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.suggestions.schemas import DismissalIn, RestoredIn, ResultIn
from flowpilot.sessions.suggestions.service import Dismissal

router = APIRouter(prefix="/api/v1/handoffs/{handoff_id}/suggestions", tags=["handoffs"])


async def _loaded(locked: LockedOfHandoff, actor: CanWork, db: WriteSession) -> AsyncIterator[LoadedSession]:
    async with naming_the_holder(db, actor, locked):
        yield await load(db, locked)


LoadedOfHandoff = Annotated[LoadedSession, Depends(_loaded, scope="function")]


@router.post("/done", status_code=201)
async def do_next_step(
    request: Request,
    handoff_id: uuid.UUID,
    body: ResultIn,
    actor: CanWork,
    loaded: LoadedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> HandoffOut:
    """Record that a next step of the assessment was done, as a step of the session with its outcome."""
    return await record_done(request, handoff_id, body, actor, loaded, db, once)


async def record_done(
    request: Request,
    handoff_id: uuid.UUID,
    body: ResultIn,
    actor: Actor,
    loaded: LoadedSession,
    db: Db,
    once: Once,
) -> HandoffOut:
    """Record it once, however often it is sent."""

    async def make() -> HandoffOut:
        await service.do(db, actor, loaded, handoff_id, body.shown, body.result, body.note)
        await ask_copilot(request, db, await read_session(db, actor.account_id, loaded.session.id, loaded))
        return await api.read_handoff(handoff_id, actor, db, loaded.moment)

    return await once.create(HandoffOut, body, make)


@router.post("/dismiss")
async def dismiss_next_step(
    handoff_id: uuid.UUID, body: DismissalIn, actor: CanWork, loaded: LoadedOfHandoff, db: WriteSession
) -> HandoffOut:
    """Dismiss a next step of the assessment, with a reason. The session does not suggest it either."""
    why = Dismissal(body.reason, body.note)
    await service.dismiss(db, actor, loaded, handoff_id, body.shown, why)
    return await api.read_handoff(handoff_id, actor, db, loaded.moment)


@router.post("/restore")
async def restore_next_step(
    handoff_id: uuid.UUID, body: RestoredIn, actor: CanWork, loaded: LoadedOfHandoff, db: WriteSession
) -> HandoffOut:
    """Suggest again what was dismissed by mistake, here and in the session."""
    await service.restore(db, actor, loaded, handoff_id, body.action)
    return await api.read_handoff(handoff_id, actor, db, loaded.moment)
