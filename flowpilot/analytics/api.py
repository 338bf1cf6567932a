"""JSON routes of the reports and the metric catalogue."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from flowpilot.analytics import schemas
from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.period import MAX_DAYS, Period, Window, window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.analytics.reports import to_json
from flowpilot.analytics.savings import savings
from flowpilot.clock import Now
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import Caller, ReadSession, requires

router = APIRouter(prefix="/api/v1/analytics/flowpilot", tags=["analytics"])


async def _window(
    actor: Caller,
    now: Now,
    period: Annotated[
        Period | None, Query(description="A window that ends now; 30d when nothing is given.")
    ] = None,
    from_: Annotated[str | None, Query(alias="from", description="ISO date or date-time, included.")] = None,
    to: Annotated[
        str | None,
        Query(description=f"ISO date or date-time, not included; at most {MAX_DAYS} days after `from`."),
    ] = None,
    tz: Annotated[str | None, Query(description="IANA zone of days; the account's own by default.")] = None,
) -> Window:
    return window(
        actor.account_id, now=now, account_timezone=actor.timezone, period=period, from_=from_, to=to, tz=tz
    )


AskedWindow = Annotated[Window, Depends(_window)]


# How often a minute a caller may ask for what. Rows are many small questions: whoever follows one figure after
# the other should not be stopped, a loop should.
PER_MINUTE = {
    "dashboard": 15,
    "knowledge-gaps": 10,
    "coverage": 15,
    "flow-quality": 15,
    "psa-metrics": 15,
    "escalations": 30,
    "savings": 15,
    "tables": 30,
    "rows": 60,
}


async def count(request: Request, actor: Actor, what: str) -> None:
    """Count one request for something of `PER_MINUTE`.

    Raises:
        TooManyRequestsError: it is one too many.
    """
    await request.app.state.limiter.hit(PER_MINUTE[what], what, actor.caller)


def limited(what: str, permission: Permission = Permission.VIEW_ANALYTICS) -> Any:
    """The dependency that counts a caller's requests; who or what is refused uses nothing up."""

    async def counted(request: Request, actor: Annotated[Actor, requires(permission)], _: AskedWindow) -> None:
        await count(request, actor, what)

    return Depends(counted)


def _answer(report: schemas.Report) -> Response:
    return Response(to_json(report), media_type="application/json")


@router.get("", response_model=schemas.Dashboard, dependencies=[limited("dashboard")])
async def read_dashboard(
    actor: CanViewAnalytics,
    asked: AskedWindow,
    db: ReadSession,
    compare: Annotated[bool, Query(description="Add `previous`, the window of equal length just before.")] = False,
) -> Response:
    """The help desk at a glance."""
    return _answer(await dashboard(db, asked, compare=compare))


@router.get("/knowledge-gaps", response_model=schemas.KnowledgeGaps, dependencies=[limited("knowledge-gaps")])
async def read_knowledge_gaps(actor: CanViewAnalytics, asked: AskedWindow, db: ReadSession) -> Response:
    """What the flows do not cover."""
    return _answer(await knowledge_gaps(db, asked))


@router.get("/coverage", response_model=schemas.Coverage, dependencies=[limited("coverage")])
async def read_coverage(actor: CanViewAnalytics, asked: AskedWindow, db: ReadSession) -> Response:
    """Domains and their flows."""
    return _answer(await coverage(db, asked))


@router.get("/flow-quality", response_model=schemas.FlowQuality, dependencies=[limited("flow-quality")])
async def read_flow_quality(
    actor: CanViewAnalytics, asked: AskedWindow, db: ReadSession, sort: FlowSort = FlowSort.QUALITY
) -> Response:
    """How the flows do."""
    return _answer(await flow_quality(db, asked, sort))


@router.get("/psa-metrics", response_model=schemas.PsaMetrics, dependencies=[limited("psa-metrics")])
async def read_psa_metrics(actor: CanViewAnalytics, asked: AskedWindow, db: ReadSession) -> Response:
    """What reached the ticket system."""
    return _answer(await psa_metrics(db, asked))


@router.get(
    "/escalations",
    response_model=schemas.Escalations,
    dependencies=[limited("escalations", Permission.VIEW_ESCALATIONS)],
)
async def read_escalations(actor: CanViewEscalations, asked: AskedWindow, db: ReadSession) -> Response:
    """Time to first action after an escalation is claimed, and how well the escalations went."""
    return _answer(await escalations(db, asked))


@router.get("/savings", response_model=schemas.Savings, dependencies=[limited("savings")])
async def read_savings(actor: CanViewAnalytics, asked: AskedWindow, db: ReadSession) -> Response:
    """What a handoff saves against the verbal one that it replaces, where both are measured."""
    return _answer(await savings(db, asked))


@router.get("/metrics")
async def read_metrics(actor: Caller) -> list[Metric]:
    """The metric catalogue: what every figure means."""
    return list(METRICS.values())
