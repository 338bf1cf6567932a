"""The next steps of a handoff: forms on its page and on its session's, which lead back there."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from flowpilot.handoffs.suggestions import api
from flowpilot.handoffs.suggestions.api import LoadedOfHandoff
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.sessions.suggestions.schemas import DismissalIn, RestoredIn, ResultIn
from flowpilot.web.handoffs.back import FromForm, back_to
from flowpilot.web.refused.twice import PRESSED_ONCE

router = APIRouter(prefix="/handoffs/{handoff_id}/suggestions", include_in_schema=False)


class DoneForm(FromForm, OnceForm, ResultIn):
    """What came of it."""


class DismissedForm(FromForm, OnceForm, DismissalIn):
    """Why it is not followed."""


class RestoredForm(FromForm, OnceForm, RestoredIn):
    """What is suggested again."""


@router.post("/done")
async def do_next_step(
    request: Request,
    handoff_id: uuid.UUID,
    body: Annotated[DoneForm, Form()],
    actor: CanWork,
    loaded: LoadedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    return back_to(await api.record_done(request, handoff_id, body, actor, loaded, db, once), body)


@router.post("/dismiss", dependencies=[PRESSED_ONCE])
async def dismiss_next_step(
    handoff_id: uuid.UUID,
    body: Annotated[DismissedForm, Form()],
    actor: CanWork,
    loaded: LoadedOfHandoff,
    db: WriteSession,
) -> Response:
    dismissed = await api.dismiss_next_step(handoff_id, body, actor, loaded, db)
    return back_to(dismissed, body, "Dismissed. It is not suggested again in this session.")


@router.post("/restore", dependencies=[PRESSED_ONCE])
async def restore_next_step(
    handoff_id: uuid.UUID,
    body: Annotated[RestoredForm, Form()],
    actor: CanWork,
    loaded: LoadedOfHandoff,
    db: WriteSession,
) -> Response:
    restored = await api.restore_next_step(handoff_id, body, actor, loaded, db)
    return back_to(restored, body, "It is suggested again.")
