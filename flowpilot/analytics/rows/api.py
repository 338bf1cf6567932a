"""Routes of the drill-down: every figure leads to its rows, in pages and as CSV."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.api import AskedWindow, limited
from flowpilot.analytics.rows import filters as rows_filters
from flowpilot.analytics.rows import kinds as rows
from flowpilot.analytics.rows import schemas as rows_schemas
from flowpilot.analytics.rows.csv import rows_response
from flowpilot.analytics.rows.schemas import Paging, RowsPage
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot/rows", tags=["analytics"])

_LIMITED = [limited("rows")]
_LIMITED_ESCALATIONS = [limited("rows", Permission.VIEW_ESCALATIONS)]

Asked = Annotated[Paging, Query()]
Sessions = Annotated[rows_filters.SessionFilters, Query()]
Handoffs = Annotated[rows_filters.HandoffFilters, Query()]
PsaPosts = Annotated[rows_filters.PsaPostFilters, Query()]
TimeEntries = Annotated[rows_filters.TimeEntryFilters, Query()]
Proposals = Annotated[rows_filters.ProposalFilters, Query()]
Baselines = Annotated[rows_filters.BaselineFilters, Query()]
Flows = Annotated[rows_filters.FlowFilters, Query()]


@router.get("/sessions", dependencies=_LIMITED)
async def read_sessions(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Sessions, paging: Asked
) -> RowsPage[rows_schemas.SessionItem]:
    """Sessions, newest first."""
    return await rows.read_rows(db, asked, rows.SESSIONS, filters, paging)


@router.get("/sessions.csv", response_class=Response, dependencies=_LIMITED)
async def read_sessions_csv(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Sessions
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.SESSIONS, filters)


@router.get("/handoffs", dependencies=_LIMITED_ESCALATIONS)
async def read_handoffs(
    _: CanViewEscalations, asked: AskedWindow, db: ReadSession, filters: Handoffs, paging: Asked
) -> RowsPage[rows_schemas.HandoffItem]:
    """Handoffs, newest first."""
    return await rows.read_rows(db, asked, rows.HANDOFFS, filters, paging)


@router.get("/handoffs.csv", response_class=Response, dependencies=_LIMITED_ESCALATIONS)
async def read_handoffs_csv(
    _: CanViewEscalations, asked: AskedWindow, db: ReadSession, filters: Handoffs
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.HANDOFFS, filters)


@router.get("/psa-posts", dependencies=_LIMITED)
async def read_psa_posts(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: PsaPosts, paging: Asked
) -> RowsPage[rows_schemas.PsaPostItem]:
    """Posts of sessions to the PSA in the window, newest first."""
    return await rows.read_rows(db, asked, rows.PSA_POSTS, filters, paging)


@router.get("/psa-posts.csv", response_class=Response, dependencies=_LIMITED)
async def read_psa_posts_csv(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: PsaPosts
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.PSA_POSTS, filters)


@router.get("/time-entries", dependencies=_LIMITED)
async def read_time_entries(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: TimeEntries, paging: Asked
) -> RowsPage[rows_schemas.TimeEntryItem]:
    """Time entries of the window, newest first."""
    return await rows.read_rows(db, asked, rows.TIME_ENTRIES, filters, paging)


@router.get("/time-entries.csv", response_class=Response, dependencies=_LIMITED)
async def read_time_entries_csv(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: TimeEntries
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.TIME_ENTRIES, filters)


@router.get("/proposals", dependencies=_LIMITED)
async def read_proposals(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Proposals, paging: Asked
) -> RowsPage[rows_schemas.ProposalItem]:
    """Proposals that wait now or were reviewed in the window, newest first."""
    return await rows.read_rows(db, asked, rows.PROPOSALS, filters, paging)


@router.get("/proposals.csv", response_class=Response, dependencies=_LIMITED)
async def read_proposals_csv(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Proposals
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.PROPOSALS, filters)


@router.get("/baselines", dependencies=_LIMITED_ESCALATIONS)
async def read_baselines(
    _: CanViewEscalations, asked: AskedWindow, db: ReadSession, filters: Baselines, paging: Asked
) -> RowsPage[rows_schemas.BaselineItem]:
    """Verbal handoffs that began in the window, newest first."""
    return await rows.read_rows(db, asked, rows.BASELINES, filters, paging)


@router.get("/baselines.csv", response_class=Response, dependencies=_LIMITED_ESCALATIONS)
async def read_baselines_csv(
    _: CanViewEscalations, asked: AskedWindow, db: ReadSession, filters: Baselines
) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.BASELINES, filters)


@router.get("/flows", dependencies=_LIMITED)
async def read_flows(
    _: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Flows, paging: Asked
) -> RowsPage[rows_schemas.FlowItem]:
    """Flows as they are now, newest first."""
    return await rows.read_rows(db, asked, rows.FLOWS, filters, paging)


@router.get("/flows.csv", response_class=Response, dependencies=_LIMITED)
async def read_flows_csv(_: CanViewAnalytics, asked: AskedWindow, db: ReadSession, filters: Flows) -> Response:
    """The same rows as CSV: all of them, up to the newest 100,000."""
    return await rows_response(db, asked, rows.FLOWS, filters)
