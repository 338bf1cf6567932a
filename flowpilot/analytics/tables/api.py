"""CSV routes of the reports' sections: the table of every chart."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.files import file_headers
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.period import Window
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.tables.sections import check_section, to_table
from flowpilot.errors import NotFoundError
from flowpilot.http.csv import MEDIA_TYPE
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot/tables", tags=["analytics"])

_ESCALATIONS = "escalations"

# Where the table's figures are defined (RFC 8288).
_DEFINED_BY = '</api/v1/analytics/flowpilot/metrics>; rel="describedby"'

Section = Annotated[
    str,
    Path(description="A dotted path in the report, such as `mttr_trend`. An unknown one is 404, with a list."),
]


class NoSuchReportError(NotFoundError):
    """There is no report of that name; `reports` lists them."""


@router.get(
    "/escalations/{section}.csv",
    response_class=Response,
    dependencies=[limited("tables", Permission.VIEW_ESCALATIONS)],
)
async def read_escalations_table(
    section: Section, _: CanViewEscalations, window: WindowQuery, db: ReadSession
) -> Response:
    """A section of the escalations report as a CSV table, with exactly the report's values."""
    check_section(_model(_ESCALATIONS), section)
    return _csv(await REPORTS[_ESCALATIONS].run(db, window), _ESCALATIONS, section, window)


@router.get("/{report}/{section}.csv", response_class=Response, dependencies=[limited("tables")])
async def read_table(
    report: str,
    section: Section,
    _: CanViewAnalytics,
    window: WindowQuery,
    db: ReadSession,
    sort: FlowSort = FlowSort.QUALITY,
) -> Response:
    """A section of another report as a CSV table, with exactly the report's values. `sort` is for flow-quality."""
    check_section(_model(report), section)
    answer: Awaitable[Report]
    match report:
        case "dashboard":
            answer = dashboard(db, window, compare=section.startswith("previous"))
        case "flow-quality":
            answer = flow_quality(db, window, sort)
        case _:
            answer = REPORTS[report].run(db, window)
    return _csv(await answer, report, section, window)


def _model(name: str) -> type[Report]:
    if name not in REPORTS:
        raise NoSuchReportError(
            f"There is no such report. Choose one of {', '.join(REPORTS)}.", reports=list(REPORTS)
        )
    return REPORTS[name].model


def _csv(answer: Report, report: str, section: str, window: Window) -> Response:
    headers = {**file_headers(f"{report}-{section}", window), "Link": _DEFINED_BY}
    return Response(to_table(answer, section), media_type=MEDIA_TYPE, headers=headers)
