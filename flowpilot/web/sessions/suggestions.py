"""What is done with a suggestion on a session's page: each form is one press, and leads back to the page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.sessions.api import LoadedForWork
from flowpilot.sessions.suggestions import api
from flowpilot.sessions.suggestions.schemas import DismissedIn, DoneIn, RestoredIn
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to
from flowpilot.web.sessions.actions import SeenForm

router = APIRouter(prefix="/sessions/{session_id}/suggestions", include_in_schema=False)


class DoneForm(OnceForm, SeenForm, DoneIn):
    """What came of it."""


class DismissedForm(OnceForm, SeenForm, DismissedIn):
    """Why it is not followed."""


class RestoredForm(OnceForm, RestoredIn):
    """What is suggested again."""


@router.post("/done")
async def do_suggestion(
    request: Request,
    session_id: uuid.UUID,
    body: Annotated[DoneForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    await api.record_done(request, body, actor, loaded, db, once)
    return go_to(f"/sessions/{session_id}")


@router.post("/dismiss", dependencies=[PRESSED_ONCE])
async def dismiss_suggestion(
    session_id: uuid.UUID,
    body: Annotated[DismissedForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.dismiss_suggestion(body, actor, loaded, db)
    return go_to(f"/sessions/{session_id}", "Dismissed. It is not suggested again in this session.")


@router.post("/restore", dependencies=[PRESSED_ONCE])
async def restore_suggestion(
    session_id: uuid.UUID,
    body: Annotated[RestoredForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.restore_suggestion(body, actor, loaded, db)
    return go_to(f"/sessions/{session_id}", "It is suggested again.")
