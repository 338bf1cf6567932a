"""The JSON route by which an engineer says, after the escalation, what they think it is."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.handoffs import api
from flowpilot.handoffs.locking import lock_of
from flowpilot.handoffs.opinions import service
from flowpilot.handoffs.opinions.schemas import OpinionIn
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce

router = APIRouter(prefix="/api/v1/handoffs/{handoff_id}", tags=["handoffs"])


@router.put("/opinion")
async def say_opinion(
    handoff_id: uuid.UUID, body: OpinionIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> HandoffOut:
    """Say what one thinks it is, in an open handoff of one's own that does not say it yet."""
    # Locked before the idempotency key, as for a step: in another order the two could wait for each other.
    await lock_of(db, actor.account_id, handoff_id, now)

    async def make() -> HandoffOut:
        await service.say_opinion(db, actor, handoff_id, body.opinion, now)
        return await api.read_handoff(handoff_id, actor, db, now)

    return await once.create(HandoffOut, body, make)
