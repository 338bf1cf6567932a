"""What people wrote in a handoff is corrected and struck: forms on its page and on its session's."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Response

from flowpilot.clock import Now
from flowpilot.handoffs.corrections import api as corrections
from flowpilot.handoffs.corrections.schemas import TextCorrectionIn
from flowpilot.http.fields import Remark
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import OnceForm
from flowpilot.web.handoffs.back import FromForm, back_to
from flowpilot.web.refused.twice import PRESSED_ONCE

router = APIRouter(prefix="/handoffs/{handoff_id}", include_in_schema=False)


class RewordingForm(FromForm, OnceForm, TextCorrectionIn):
    """A text as it should read; without one it is struck. A struck text was empty, which a form does not send."""

    was: Remark = ""


@router.post("/texts", dependencies=[PRESSED_ONCE])
async def reword(
    handoff_id: uuid.UUID, body: Annotated[RewordingForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    handoff = await corrections.correct(handoff_id, body, actor, db, now)
    said = "Struck. Correct it to bring it back." if body.text is None else "Corrected."
    stays = " A note that is on the ticket already stays as it is." if handoff.psa_ticket_id else ""
    return back_to(handoff, body, said + stays)
