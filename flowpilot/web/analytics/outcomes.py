"""The page of what became of the sessions behind a figure."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.analytics.effects.outcomes import Outcomes, outcomes
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.rows.sessions import SessionRowFilter
from flowpilot.clock import Now
from flowpilot.identity.access import CanViewAnalytics
from flowpilot.identity.replica.session import ReportSession
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, is_own_path, render

router = APIRouter(prefix="/analytics/rows", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesPage(Page):
    """The proposals that hold the sessions, their flows and whether these helped."""

    template: ClassVar[str] = "analytics/outcomes.html"
    found: Outcomes
    back: str


@router.get("/sessions/outcomes", dependencies=[limited("rows")])
async def show_outcomes(
    request: Request,
    actor: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    row_filter: Annotated[SessionRowFilter, Query()],
    frame: CurrentFrame,
    now: Now,
    back: Annotated[str, Query()] = "/analytics",
) -> Response:
    """From sessions to their proposals, flows and effect."""
    page = OutcomesPage(
        title="What became of these sessions",
        found=await outcomes(db, window, row_filter, now),
        back=back if is_own_path(back) else "/analytics",
    )
    return render(request, page, frame)
