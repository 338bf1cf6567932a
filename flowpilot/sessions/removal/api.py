"""JSON routes of removals. What is removed is in the body: an address is written to logs."""

import uuid
from collections.abc import Callable
from typing import cast

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.edits.api import load_to_edit
from flowpilot.sessions.edits.policy import SessionWithSteps
from flowpilot.sessions.edits.service import find_step
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.removal import service
from flowpilot.sessions.removal.schemas import PhraseIn, RemovalIn, RemovalOut, SessionRemovalIn, removal_out
from flowpilot.sessions.removal.targets import Target

router = APIRouter(prefix="/api/v1/ai-sessions/{session_id}", tags=["sessions"])


@router.post("/steps/{step_id}/remove/preview")
async def find(
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    actor: CanWork,
    db: ReadSession,
    now: Now,
    body: PhraseIn | None = None,
) -> RemovalOut:
    """What would be removed of a step, and where it is. Nothing is changed."""
    history = await read_session(db, actor.account_id, session_id)
    phrase = None if body is None else body.phrase
    return await _found(db, actor, history, Target(find_step(history.steps, step_id), phrase), now)


@router.post("/steps/{step_id}/remove")
async def remove(
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    actor: CanWork,
    db: WriteSession,
    now: Now,
    body: RemovalIn = RemovalIn(),
) -> RemovalOut:
    """Remove words for good, wherever FlowPilot keeps them. The step stays, without them. There is no undo."""

    def target(history: SessionWithSteps) -> Target:
        return Target(find_step(history.steps, step_id, body.after_step), body.phrase)

    return await _removed(db, actor, session_id, target, now)


@router.post("/remove/preview")
async def find_in_session(
    session_id: uuid.UUID, body: SessionRemovalIn, actor: CanWork, db: ReadSession, now: Now
) -> RemovalOut:
    """Where words, or a file, would be removed from a session. Nothing is changed."""
    history = await read_session(db, actor.account_id, session_id)
    return await _found(db, actor, history, Target(phrase=body.phrase, file_id=body.file_id), now)


@router.post("/remove")
async def remove_from_session(
    session_id: uuid.UUID, body: SessionRemovalIn, actor: CanWork, db: WriteSession, now: Now
) -> RemovalOut:
    """Remove words, or a file, for good, wherever somebody wrote or added them. There is no undo.

    The person who works on the session and team admins may, and others from what they wrote or added themselves.
    """
    target = Target(phrase=body.phrase, file_id=body.file_id)
    return await _removed(db, actor, session_id, lambda _: target, now)


async def _removed(
    db: Db, actor: Actor, session_id: uuid.UUID, target: Callable[[SessionWithSteps], Target], now: Now
) -> RemovalOut:
    """Files are read first, because whoever works on the session waits from the moment it is locked."""
    history = await read_session(db, actor.account_id, session_id)
    ahead = await service.read_ahead(db, actor, history, target(history), now)
    # It is read again as it is then.
    db.expunge_all()
    loaded = await load_to_edit(session_id, actor, db, now)
    return removal_out(await service.remove(db, actor, loaded, target(loaded), ahead), is_done=True)


async def _found(db: ReadDb, actor: Actor, history: SessionHistory, target: Target, now: Now) -> RemovalOut:
    # What is only found is not written, by functions that write if it is removed.
    return removal_out(await service.find_copies(cast(Db, db), actor, history, target, now))
