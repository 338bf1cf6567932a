"""JSON route of the headline."""

from fastapi import APIRouter

from flowpilot.analytics.api import AskedWindow
from flowpilot.analytics.escalations.headline import Headline, headline
from flowpilot.identity.access import CanViewEscalations
from flowpilot.identity.auth import ReadSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot", tags=["analytics"])


@router.get("/escalations/headline")
async def read_headline(actor: CanViewEscalations, asked: AskedWindow, db: ReadSession) -> Headline:
    """Time to first action after an escalation is claimed, alone and fast: for a screen that shows it all day."""
    return await headline(db, asked)
