"""JSON routes of what published proposals changed."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.analytics.effects.effect import effect
from flowpilot.analytics.effects.outcomes import Outcomes, outcomes
from flowpilot.analytics.effects.schemas import EffectOut
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.rows.sessions import SessionRowFilter
from flowpilot.clock import Now
from flowpilot.identity.access import CanViewAnalytics
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot", tags=["analytics"])


@router.get("/proposals/{proposal_id}/effect")
async def read_effect(proposal_id: uuid.UUID, actor: CanViewAnalytics, db: ReportSession, now: Now) -> EffectOut:
    """Whether a published proposal helped: its domain before and after it."""
    return await effect(db, actor.account_id, proposal_id, now)


@router.get("/rows/sessions/outcomes", dependencies=[limited("rows")])
async def read_outcomes(
    actor: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    row_filter: Annotated[SessionRowFilter, Query()],
    now: Now,
) -> Outcomes:
    """What became of these sessions: the proposals that hold them, their flows, and whether these helped."""
    return await outcomes(db, window, row_filter, now)
