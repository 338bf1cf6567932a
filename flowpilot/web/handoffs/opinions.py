"""What the engineer thinks it is, said after the escalation: a form on a handoff's and a session's page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Response

from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.opinions import api as opinions
from flowpilot.handoffs.opinions.schemas import OpinionIn
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.handoffs.back import FromForm, back_to

router = APIRouter(prefix="/handoffs/{handoff_id}", include_in_schema=False)


class OpinionForm(FromForm, OnceForm, OpinionIn):
    """What the engineer thinks it is."""


@router.post("/opinion")
async def say_opinion(
    handoff_id: uuid.UUID,
    body: Annotated[OpinionForm, Form()],
    actor: CanWork,
    locked: LockedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    handoff = await opinions.say_opinion(handoff_id, body, actor, locked, db, once)
    holder = " Its holder is notified." if handoff.claimed_by else ""
    return back_to(handoff, body, f"Saved. It is in the handoff.{holder}")
