"""The pages behind the figures: the very rows that a number counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from flowpilot.analytics.api import AskedWindow, limited
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows import api
from flowpilot.analytics.rows.filters import Filters
from flowpilot.analytics.rows.schemas import RowsPage
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession
from flowpilot.web.analytics.row_columns import COLUMNS, Column, in_words
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.render import Page, is_own_path, render

router = APIRouter(prefix="/analytics/rows", include_in_schema=False)

_LIMITED = [limited("rows")]
_LIMITED_ESCALATIONS = [limited("rows", Permission.VIEW_ESCALATIONS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Page):
    """Rows of one kind. `here` is the page's address without its cursor, `csv` that of the same rows as CSV."""

    template: ClassVar[str] = "analytics/rows.html"
    window: Window
    found: RowsPage[Any]
    columns: Sequence[Column]
    here: str
    csv: str
    back: str
    is_continued: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """The request of a page of rows."""

    request: Request
    window: Window
    frame: Frame
    back: str

    def page(self, kind: str, filters: Filters, found: RowsPage[Any]) -> Response:
        """The rows as a page."""
        asked = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        of_rows = [(name, value) for name, value in asked if name not in {"back", "limit"}]
        page = Rows(
            title=in_words(kind, filters, self._flow(filters, found.items)),
            window=self.window,
            found=found,
            columns=COLUMNS[kind],
            here=f"/analytics/rows/{kind}?{urlencode(asked)}",
            csv=f"/api/v1/analytics/flowpilot/rows/{kind}.csv?{urlencode(of_rows)}",
            back=self.back,
            is_continued="cursor" in self.request.query_params,
        )
        return render(self.request, page, self.frame)

    @staticmethod
    def _flow(filters: Filters, items: Sequence[BaseModel]) -> str | None:
        """What the flow is called that the rows are asked for, as they know it."""
        is_asked = getattr(filters, "flow_id", None) is not None
        return getattr(items[0], "flow", None) if is_asked and items else None


async def _asked(
    request: Request, window: AskedWindow, frame: CurrentFrame, back: Annotated[str, Query()] = "/analytics"
) -> Asked:
    return Asked(request, window, frame, back if is_own_path(back) else "/analytics")


Ask = Annotated[Asked, Depends(_asked)]


@router.get("/sessions", dependencies=_LIMITED)
async def show_sessions(
    actor: CanViewAnalytics, db: ReadSession, ask: Ask, filters: api.Sessions, paging: api.Asked
) -> Response:
    """Sessions."""
    return ask.page("sessions", filters, await api.read_sessions(actor, ask.window, db, filters, paging))


@router.get("/handoffs", dependencies=_LIMITED_ESCALATIONS)
async def show_handoffs(
    actor: CanViewEscalations, db: ReadSession, ask: Ask, filters: api.Handoffs, paging: api.Asked
) -> Response:
    """Handoffs."""
    return ask.page("handoffs", filters, await api.read_handoffs(actor, ask.window, db, filters, paging))


@router.get("/psa-posts", dependencies=_LIMITED)
async def show_psa_posts(
    actor: CanViewAnalytics, db: ReadSession, ask: Ask, filters: api.PsaPosts, paging: api.Asked
) -> Response:
    """Posts to the PSA."""
    return ask.page("psa-posts", filters, await api.read_psa_posts(actor, ask.window, db, filters, paging))


@router.get("/time-entries", dependencies=_LIMITED)
async def show_time_entries(
    actor: CanViewAnalytics, db: ReadSession, ask: Ask, filters: api.TimeEntries, paging: api.Asked
) -> Response:
    """Time entries."""
    return ask.page("time-entries", filters, await api.read_time_entries(actor, ask.window, db, filters, paging))


@router.get("/proposals", dependencies=_LIMITED)
async def show_proposals(
    actor: CanViewAnalytics, db: ReadSession, ask: Ask, filters: api.Proposals, paging: api.Asked
) -> Response:
    """Proposals for the flows."""
    return ask.page("proposals", filters, await api.read_proposals(actor, ask.window, db, filters, paging))


@router.get("/baselines", dependencies=_LIMITED_ESCALATIONS)
async def show_baselines(
    actor: CanViewEscalations, db: ReadSession, ask: Ask, filters: api.Baselines, paging: api.Asked
) -> Response:
    """Verbal handoffs."""
    return ask.page("baselines", filters, await api.read_baselines(actor, ask.window, db, filters, paging))


@router.get("/flows", dependencies=_LIMITED)
async def show_flows(
    actor: CanViewAnalytics, db: ReadSession, ask: Ask, filters: api.Flows, paging: api.Asked
) -> Response:
    """Flows."""
    return ask.page("flows", filters, await api.read_flows(actor, ask.window, db, filters, paging))
