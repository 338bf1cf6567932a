"""JSON routes of what published proposals changed."""

import uuid

from fastapi import APIRouter

from flowpilot.analytics.effects.effect import effect
from flowpilot.analytics.effects.schemas import EffectOut
from flowpilot.clock import Now
from flowpilot.identity.access import CanViewAnalytics
from flowpilot.identity.auth import ReadSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot/proposals", tags=["analytics"])


@router.get("/{proposal_id}/effect")
async def read_effect(proposal_id: uuid.UUID, actor: CanViewAnalytics, db: ReadSession, now: Now) -> EffectOut:
    """Whether a published proposal helped: its domain before and after it."""
    return await effect(db, actor.account_id, proposal_id, now)
