"""JSON routes of edits: correcting, striking and taking back a step."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from flowpilot.clock import Now
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.sessions import api, schemas
from flowpilot.sessions.edits import service
from flowpilot.sessions.edits.schemas import CorrectionIn, SeenStep
from flowpilot.sessions.following.seen import Seen, check_unmoved
from flowpilot.sessions.locking import LoadedSession, load, lock

router = APIRouter(prefix="/api/v1/ai-sessions/{session_id}/steps/{step_id}", tags=["sessions"])


async def load_to_edit(session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> LoadedSession:
    """The session, whoever works on it: the person who took a step may edit it."""
    return await load(db, await lock(db, actor.account_id, session_id, now))


LoadedToEdit = Annotated[LoadedSession, Depends(load_to_edit)]


@router.post("/correct")
async def correct(
    request: Request,
    step_id: uuid.UUID,
    body: CorrectionIn,
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
) -> schemas.SessionOut:
    """Correct what somebody wrote. The record keeps both, and the note for the ticket has the last."""
    step = service.find_step(loaded.steps, step_id, body.after_step)
    await service.correct(db, actor, loaded, step, body.text, body.seen_removal, body.text_name)
    return await api.moved_on(request, db, actor, loaded)


@router.post("/strike")
async def strike(
    request: Request,
    step_id: uuid.UUID,
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
    body: SeenStep = SeenStep(),
) -> schemas.SessionOut:
    """Take what somebody wrote out of the note for the ticket. It stays on record."""
    step = service.find_step(loaded.steps, step_id, body.after_step)
    await service.strike(db, actor, loaded, step)
    return await api.moved_on(request, db, actor, loaded)


@router.post("/take-back")
async def take_back(
    request: Request,
    step_id: uuid.UUID,
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
    body: Seen = Seen(),
) -> schemas.SessionOut:
    """Take back a step with the steps of its `takes_back`. They stay on record."""
    step = service.find_step(loaded.steps, step_id, body.after_step)
    check_unmoved(loaded, body)
    await service.take_back(db, actor, loaded, step)
    return await api.moved_on(request, db, actor, loaded)
