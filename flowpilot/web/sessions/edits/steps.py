"""What is done to earlier steps on a session's page: each form is one edit, and leads back to the page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import OnceForm
from flowpilot.sessions import api as sessions
from flowpilot.sessions.api import LoadedForWork
from flowpilot.sessions.edits import api
from flowpilot.sessions.edits.api import LoadedToEdit
from flowpilot.sessions.edits.schemas import CorrectionIn, SeenStep
from flowpilot.sessions.schemas import SessionOut
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to
from flowpilot.web.sessions.actions import SeenForm
from flowpilot.web.sessions.path import taken_back

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)


class CorrectionForm(OnceForm, SeenForm, CorrectionIn):
    """The text as it should read."""


class EditForm(OnceForm, SeenForm):
    """An edit without words."""


@router.post("/steps/{step_id}/reword", dependencies=[PRESSED_ONCE])
async def correct(
    request: Request,
    step_id: uuid.UUID,
    body: Annotated[CorrectionForm, Form()],
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
) -> Response:
    session = await api.correct(request, step_id, body, actor, loaded, db)
    return _back(session, "Corrected.")


@router.post("/steps/{step_id}/strike", dependencies=[PRESSED_ONCE])
async def strike(
    request: Request,
    step_id: uuid.UUID,
    body: Annotated[EditForm, Form()],
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
) -> Response:
    session = await api.strike(request, step_id, actor, loaded, db, SeenStep(after_step=body.after_step))
    return _back(session, "Struck. Correct it to bring it back.")


@router.post("/steps/{step_id}/take-back", dependencies=[PRESSED_ONCE])
async def take_back(
    request: Request,
    step_id: uuid.UUID,
    body: Annotated[EditForm, Form()],
    actor: CanWork,
    loaded: LoadedToEdit,
    db: WriteSession,
) -> Response:
    session = await api.take_back(request, step_id, actor, loaded, db, body)
    return _back(session, taken_back(session))


@router.post("/back", dependencies=[PRESSED_ONCE])
async def go_back(
    request: Request,
    body: Annotated[EditForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    session = await sessions.go_back(request, actor, loaded, db, body)
    return _back(session, taken_back(session))


def _back(session: SessionOut, notice: str) -> Response:
    """Back to the page. What is on a ticket is not changed, which is said if something may be there."""
    may_be_posted = session.psa_ticket_id and len(session.status_changes) > 1
    stays = " A note that is on the ticket already stays as it is." if may_be_posted else ""
    return go_to(f"/sessions/{session.id}", notice + stays)
