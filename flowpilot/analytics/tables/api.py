"""File routes of the reports' sections: the table of every chart as CSV and as a spreadsheet."""

import asyncio
import io
from collections.abc import Awaitable
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Response

from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.files import defined_by, file_headers, write_about
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.period import Window
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.tables.sections import check_section, section_rows
from flowpilot.db.session import ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.http import csv, xlsx
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot/tables", tags=["analytics"])

_ESCALATIONS = "escalations"

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
    section: Section, _: CanViewEscalations, window: WindowQuery, db: ReportSession, bom: csv.Bom = False
) -> Response:
    """A section of the escalations report as a CSV table, with exactly the report's values."""
    return _csv(await _run(db, window, _ESCALATIONS, section), _ESCALATIONS, section, window, bom=bom)


@router.get(
    "/escalations/{section}.xlsx",
    response_class=Response,
    dependencies=[limited("tables", Permission.VIEW_ESCALATIONS)],
)
async def read_escalations_spreadsheet(
    section: Section, _: CanViewEscalations, window: WindowQuery, db: ReportSession
) -> Response:
    """The same section as a spreadsheet. Its second sheet has the window and the definitions."""
    return await _xlsx(await _run(db, window, _ESCALATIONS, section), _ESCALATIONS, section, window)


@router.get("/{report}/{section}.csv", response_class=Response, dependencies=[limited("tables")])
async def read_table(
    report: str,
    section: Section,
    _: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    sort: FlowSort = FlowSort.QUALITY,
    bom: csv.Bom = False,
) -> Response:
    """A section of another report as a CSV table, with exactly the report's values. `sort` is for flow-quality."""
    return _csv(await _run(db, window, report, section, sort), report, section, window, bom=bom)


@router.get("/{report}/{section}.xlsx", response_class=Response, dependencies=[limited("tables")])
async def read_spreadsheet(
    report: str,
    section: Section,
    _: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    sort: FlowSort = FlowSort.QUALITY,
) -> Response:
    """The same section as a spreadsheet. Its second sheet has the window and the definitions."""
    return await _xlsx(await _run(db, window, report, section, sort), report, section, window)


async def _run(db: ReadDb, window: Window, report: str, section: str, sort: FlowSort = FlowSort.QUALITY) -> Report:
    check_section(_model(report), section)
    answer: Awaitable[Report]
    match report:
        case "dashboard":
            answer = dashboard(db, window, compare=section.startswith("previous"))
        case "follow-up":
            answer = follow_up(db, window, compare=section.startswith("previous"))
        case "flow-quality":
            answer = flow_quality(db, window, sort)
        case _:
            answer = REPORTS[report].run(db, window)
    return await answer


def _model(name: str) -> type[Report]:
    if name not in REPORTS:
        raise NoSuchReportError(
            f"There is no such report. Choose one of {', '.join(REPORTS)}.", reports=list(REPORTS)
        )
    return REPORTS[name].model


def _csv(answer: Report, report: str, section: str, window: Window, *, bom: bool) -> Response:
    headers = {**file_headers(f"{report}-{section}", window), **defined_by(report)}
    lines = csv.csv_lines(section_rows(answer, section))
    return Response(csv.csv_start(bom=bom) + lines, media_type=csv.MEDIA_TYPE, headers=headers)


async def _xlsx(answer: Report, report: str, section: str, window: Window) -> Response:
    headers = {**file_headers(f"{report}-{section}", window, kind="xlsx"), **defined_by(report)}
    content = await asyncio.to_thread(_workbook, answer, report, section, window)
    return Response(content, media_type=xlsx.MEDIA_TYPE, headers=headers)


def _workbook(answer: Report, report: str, section: str, window: Window) -> bytes:
    file = io.BytesIO()
    with xlsx.spreadsheet(file, ZoneInfo(window.timezone)) as book:
        sheet = book.sheet("Table")
        names, *rows = section_rows(answer, section, "python")
        sheet.header(names)
        sheet.rows(rows)
        what = f"{REPORTS[report].title}: {section}"
        write_about(book, window, what=what, filters=window.only.asked, definitions=answer.definitions)
    return file.getvalue()
