"""The route of one's own figures."""

from fastapi import APIRouter, Response

from flowpilot.analytics.own.report import OwnFigures, own_figures
from flowpilot.analytics.reports import to_json
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.identity.access import CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/analytics", tags=["analytics"])


@router.get("/me", response_model=OwnFigures, dependencies=[limited("me", Permission.VIEW_ESCALATIONS)])
async def read_own_figures(actor: CanViewEscalations, window: WindowQuery, db: ReportSession) -> Response:
    """The caller's own cases and handoffs, and nobody else's."""
    return Response(to_json(await own_figures(db, window, actor.user_id)), media_type="application/json")
