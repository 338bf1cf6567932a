"""The pages of the reports, one per tab. A report runs when its tab is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.analytics.data_days import DataDays, data_days
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.identity.access import CanViewEscalations
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import requires
from flowpilot.identity.replica.session import ReportSession
from flowpilot.web.analytics import charts as report_charts
from flowpilot.web.analytics import figures as report_figures
from flowpilot.web.analytics import workload as report_workload
from flowpilot.web.analytics.heatmap import heatmap
from flowpilot.web.analytics.narrowing import Select
from flowpilot.web.analytics.results import ReportResult, ReportRunner
from flowpilot.web.analytics.tabs import TABS, Tab, tabs_of
from flowpilot.web.analytics.view import PERIODS, View, ViewQuery
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/analytics", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage(Page):
    """A tab with its report; `tabs` are all that the caller may open."""

    template: ClassVar[str] = "analytics/report.html"
    tab: Tab
    tabs: Sequence[Tab]
    view: View
    found: ReportResult
    beside: ReportResult | None
    further: ReportResult | None
    selects: Sequence[Select]
    days: DataDays
    periods: ClassVar[Any] = PERIODS
    metrics: ClassVar[dict[str, Metric]] = METRICS
    charts: ClassVar[Any] = report_charts
    figures: ClassVar[Any] = report_figures
    workload: ClassVar[Any] = report_workload
    heatmap: ClassVar[Any] = staticmethod(heatmap)
    bucket_titles: ClassVar[dict[str, str]] = {"day": "Day", "week": "Week from", "month": "Month from"}
    # What is said of a chart whose points are no days; its files have the days.
    buckets: ClassVar[dict[str, str]] = {
        "week": " By week, because there are more than 100 days.",
        "month": " By month, because there are more than 100 weeks.",
    }


@router.get("")
async def first_tab(request: Request, actor: CanViewEscalations) -> Response:
    asked = f"?{request.url.query}" if request.url.query else ""
    return go_to(f"/analytics/{tabs_of(actor)[0].name}{asked}")


def _add_page(tab: Tab) -> None:
    @router.get(f"/{tab.name}", name=f"show_{tab.name}")
    async def show(
        request: Request,
        actor: Annotated[Actor, requires(tab.permission)],
        db: ReportSession,
        frame: CurrentFrame,
        view: ViewQuery,
    ) -> Response:
        runner = ReportRunner(request, actor, db, view)
        page = ReportPage(
            title=tab.title,
            tab=tab,
            tabs=tabs_of(actor),
            view=view,
            found=await runner.run_counted(tab.report, tab.run),
            beside=None if tab.beside is None else await runner.run(f"beside {tab.report}", tab.beside),
            further=None if tab.further is None else await runner.run(f"further {tab.report}", tab.further),
            selects=await runner.selects(),
            days=await data_days(db, actor.account_id, actor.timezone),
        )
        return render(request, page, frame)


for _tab in TABS:
    _add_page(_tab)
