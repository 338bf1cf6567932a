"""The JSON route by which an engineer says, after the escalation, what they think it is."""

import uuid

from fastapi import APIRouter

from flowpilot.handoffs import api
from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.opinions import service
from flowpilot.handoffs.opinions.schemas import OpinionIn
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce

router = APIRouter(prefix="/api/v1/handoffs/{handoff_id}", tags=["handoffs"])


@router.put("/opinion")
async def say_opinion(
    handoff_id: uuid.UUID,
    body: OpinionIn,
    actor: CanWork,
    locked: LockedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> HandoffOut:
    """Say what one thinks it is, in an open handoff of one's own that does not say it yet."""

    async def make() -> HandoffOut:
        await service.say_opinion(db, actor, locked, handoff_id, body.opinion)
        return await api.read_handoff(handoff_id, actor, db, locked.moment)

    return await once.create(HandoffOut, body, make)
