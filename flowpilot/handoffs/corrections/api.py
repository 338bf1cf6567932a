"""The JSON route that corrects or strikes what the caller wrote in a handoff."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.handoffs import api
from flowpilot.handoffs.corrections import service
from flowpilot.handoffs.corrections.schemas import TextCorrectionIn
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession

router = APIRouter(prefix="/api/v1/handoffs/{handoff_id}", tags=["handoffs"])


@router.post("/texts")
async def correct(
    handoff_id: uuid.UUID, body: TextCorrectionIn, actor: CanWork, db: WriteSession, now: Now
) -> HandoffOut:
    """Correct what the caller wrote in a handoff or in a question, or strike it. The record keeps both."""
    await service.correct(db, actor, handoff_id, body.part, body.text, body.was, now, body.question_id)
    return await api.read_handoff(handoff_id, actor, db, now)
