"""Analytics: one tab a report, run when it is opened. A report that fails leaves the rest of its page."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from fastapi import APIRouter, Request, Response

from flowpilot.analytics import api
from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.glances import KnowledgeGlance, PsaGlance, knowledge_glance, psa_glance
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.psa import psa_metrics
from flowpilot.analytics.savings import savings
from flowpilot.analytics.schemas import (
    Coverage,
    Dashboard,
    Escalations,
    FlowQuality,
    KnowledgeGaps,
    PsaMetrics,
    Report,
    Savings,
)
from flowpilot.db.failures import DatabaseTimeoutError, outage
from flowpilot.errors import FlowPilotError
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession, requires
from flowpilot.web.analytics import charts as analytics_charts
from flowpilot.web.analytics import figures as analytics_figures
from flowpilot.web.analytics.view import PERIODS, AskedView, Links, View, links, tabs_of
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/analytics", include_in_schema=False)

R = TypeVar("R", bound=Report)


@dataclass(frozen=True, slots=True)
class ReportResult(Generic[R]):
    """A report with the way to its rows, or what to say in its place."""

    report: R | None = None
    links: Links | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab(Page, Generic[R]):
    """A tab: its report, and what all tabs show."""

    view: View
    found: ReportResult[R]
    periods: ClassVar[Any] = PERIODS
    metrics: ClassVar[dict[str, Metric]] = METRICS
    charts: ClassVar[Any] = analytics_charts
    figures: ClassVar[Any] = analytics_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewTab(Tab[Dashboard]):
    """The help desk at a glance."""

    template: ClassVar[str] = "analytics/overview.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTab(Tab[Coverage]):
    """Domains by flows."""

    template: ClassVar[str] = "analytics/coverage.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowQualityTab(Tab[FlowQuality]):
    """How the flows do."""

    template: ClassVar[str] = "analytics/flow_quality.html"
    sort: FlowSort


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationsTab(Tab[Escalations]):
    """How fast and how well escalations go."""

    template: ClassVar[str] = "analytics/escalations.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaTab(Tab[PsaMetrics]):
    """What reached the ticket system, and how often a push succeeded."""

    template: ClassVar[str] = "analytics/psa.html"
    glance: ReportResult[PsaGlance]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeGapsTab(Tab[KnowledgeGaps]):
    """What the flows do not cover, how many flows there are, and what was proposed."""

    template: ClassVar[str] = "analytics/knowledge_gaps.html"
    glance: ReportResult[KnowledgeGlance]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsTab(Tab[Savings]):
    """What a handoff saves, where that is known."""

    template: ClassVar[str] = "analytics/savings.html"


@dataclass(frozen=True, slots=True)
class ReportRunner:
    """What a tab needs to run its reports."""

    request: Request
    actor: Actor
    db: ReadSession
    view: View

    async def find(self, name: str, run: Callable[[], Awaitable[R]], back: str | None = None) -> ReportResult[R]:
        """Run a report, and count it as the API counts it. What fails is told in its place."""
        try:
            await api.count(self.request, self.actor, name)
        except FlowPilotError as error:
            return ReportResult(failure=error.detail)
        return await self.read(name, run, back)

    async def read(self, name: str, run: Callable[[], Awaitable[R]], back: str | None = None) -> ReportResult[R]:
        """Run a report, or what stands beside one. What fails is told in its place."""
        try:
            # A savepoint, so that a statement that fails does not end the transaction for the next report.
            async with self.db.begin_nested():
                report = await run()
        except FlowPilotError as error:
            return ReportResult(failure=error.detail)
        except Exception as error:
            away = outage(error)
            if isinstance(away, DatabaseTimeoutError):
                _log.warning("request %s: the report %s took too long", self.request.state.request_id, name)
                return ReportResult(failure=away.detail)
            if away is not None:
                raise  # All reports of the page are without a database.
            _log.exception("request %s: the report %s failed", self.request.state.request_id, name)
            return ReportResult(
                failure="Something went wrong on our side. The log has the details under this request."
            )
        return ReportResult(report, links(report, self.view, back or self.view.path()))


@router.get("")
async def first_tab(actor: Annotated[Actor, requires(Permission.VIEW_ESCALATIONS)]) -> Response:
    """The first tab that the role may see."""
    return go_to(f"/analytics/{tabs_of(actor)[0].name}")


@router.get("/overview")
async def show_overview(
    request: Request, actor: CanViewAnalytics, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """Key figures, trend, domains and tiers."""
    desk = ReportRunner(request, actor, db, view)
    found = await desk.find("dashboard", lambda: dashboard(db, view.window, compare=view.compare))
    return render(request, OverviewTab(title="Overview", view=view, found=found), frame)


@router.get("/coverage")
async def show_coverage(
    request: Request, actor: CanViewAnalytics, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """Domains by flows."""
    found = await ReportRunner(request, actor, db, view).find("coverage", lambda: coverage(db, view.window))
    return render(request, CoverageTab(title="Coverage", view=view, found=found), frame)


@router.get("/flow-quality")
async def show_flow_quality(
    request: Request,
    actor: CanViewAnalytics,
    db: ReadSession,
    frame: CurrentFrame,
    view: AskedView,
    sort: FlowSort = FlowSort.QUALITY,
) -> Response:
    """The flows in the asked order."""
    found = await ReportRunner(request, actor, db, view).find(
        "flow-quality", lambda: flow_quality(db, view.window, sort), view.path(sort=sort)
    )
    return render(request, FlowQualityTab(title="Flow quality", view=view, found=found, sort=sort), frame)


@router.get("/escalations")
async def show_escalations(
    request: Request, actor: CanViewEscalations, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """Time to first action after a claim, and how well escalations go."""
    found = await ReportRunner(request, actor, db, view).find("escalations", lambda: escalations(db, view.window))
    return render(request, EscalationsTab(title="Escalations", view=view, found=found), frame)


@router.get("/psa")
async def show_psa(
    request: Request, actor: CanViewAnalytics, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """Funnel, hours and trend."""
    desk = ReportRunner(request, actor, db, view)
    found = await desk.find("psa-metrics", lambda: psa_metrics(db, view.window))
    glance = await desk.read("pushes", lambda: psa_glance(db, view.window))
    return render(request, PsaTab(title="PSA", view=view, found=found, glance=glance), frame)


@router.get("/knowledge-gaps")
async def show_knowledge_gaps(
    request: Request, actor: CanViewAnalytics, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """Gaps, worst first, and the flows and proposals there are."""
    desk = ReportRunner(request, actor, db, view)
    found = await desk.find("knowledge-gaps", lambda: knowledge_gaps(db, view.window))
    glance = await desk.read("flows and proposals", lambda: knowledge_glance(db, view.window))
    page = KnowledgeGapsTab(title="Knowledge gaps", view=view, found=found, glance=glance)
    return render(request, page, frame)


@router.get("/savings")
async def show_savings(
    request: Request, actor: CanViewAnalytics, db: ReadSession, frame: CurrentFrame, view: AskedView
) -> Response:
    """The measured difference, or what is missing for one."""
    found = await ReportRunner(request, actor, db, view).find("savings", lambda: savings(db, view.window))
    return render(request, SavingsTab(title="Savings", view=view, found=found), frame)
