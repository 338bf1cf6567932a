"""JSON routes of the reports and the metric catalogue."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.coverage import Coverage, coverage
from flowpilot.analytics.dashboard.durability import DurableResolutions, durable_resolutions
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.data_days import DataDays, data_days
from flowpilot.analytics.effects.suggestions import SuggestionReport, suggestions
from flowpilot.analytics.escalations.avoidable import AvoidableEscalations, avoidable_escalations
from flowpilot.analytics.escalations.endings import FlowEndings, flow_endings
from flowpilot.analytics.escalations.headline import Headline, headline
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.flow_quality import FlowQuality, FlowSort, flow_quality
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.follow_up.schemas import FollowUp
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.knowledge_gaps.schemas import KnowledgeGaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.psa import PsaMetrics, psa_metrics
from flowpilot.analytics.reports import to_json
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.savings.report import savings
from flowpilot.analytics.savings.schemas import Savings
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.traffic import FlowTraffic, traffic
from flowpilot.analytics.workload.backlog import Backlog, backlog
from flowpilot.analytics.workload.load import Load, load
from flowpilot.flows.queries import flow_facts
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import Caller
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot", tags=["analytics"])


def _answer(report: Report) -> Response:
    return Response(to_json(report), media_type="application/json")


@router.get("", response_model=Dashboard, dependencies=[limited("dashboard")])
async def read_dashboard(
    actor: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    compare: Annotated[bool, Query(description="Add `previous`, the window of equal length just before.")] = False,
) -> Response:
    """The help desk at a glance."""
    return _answer(await dashboard(db, window, compare=compare))


@router.get("/data-days")
async def read_data_days(actor: CanViewEscalations, db: ReportSession) -> DataDays:
    """From which day to which there is something to report."""
    return await data_days(db, actor.account_id, actor.timezone)


@router.get("/knowledge-gaps", response_model=KnowledgeGaps, dependencies=[limited("knowledge-gaps")])
async def read_knowledge_gaps(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What the flows do not cover."""
    return _answer(await knowledge_gaps(db, window))


@router.get("/coverage", response_model=Coverage, dependencies=[limited("coverage")])
async def read_coverage(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """Domains and their flows."""
    return _answer(await coverage(db, window))


@router.get("/flow-quality", response_model=FlowQuality, dependencies=[limited("flow-quality")])
async def read_flow_quality(
    actor: CanViewAnalytics, window: WindowQuery, db: ReportSession, sort: FlowSort = FlowSort.QUALITY
) -> Response:
    """How well the flows work."""
    return _answer(await flow_quality(db, window, sort))


@router.get("/flows/{flow_id}/traffic", dependencies=[limited("flow-traffic")])
async def read_flow_traffic(
    flow_id: uuid.UUID, actor: CanViewAnalytics, window: WindowQuery, db: ReportSession
) -> FlowTraffic:
    """Which way the sessions of a flow went at each node, and where they ended."""
    await flow_facts(db, actor.account_id, flow_id)
    return await traffic(db, window, flow_id)


@router.get("/psa-metrics", response_model=PsaMetrics, dependencies=[limited("psa-metrics")])
async def read_psa_metrics(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What reached the ticket system."""
    return _answer(await psa_metrics(db, window))


@router.get(
    "/escalations",
    response_model=Escalations,
    dependencies=[limited("escalations", Permission.VIEW_ESCALATIONS)],
)
async def read_escalations(actor: CanViewEscalations, window: WindowQuery, db: ReportSession) -> Response:
    """Time to first action after an escalation is claimed, and how well the escalations went."""
    return _answer(await escalations(db, window))


@router.get(
    "/flow-endings",
    response_model=FlowEndings,
    dependencies=[limited("flow-endings", Permission.VIEW_ESCALATIONS)],
)
async def read_flow_endings(actor: CanViewEscalations, window: WindowQuery, db: ReportSession) -> Response:
    """The nodes of flows at which sessions were handed over, and what the seniors then did most."""
    return _answer(await flow_endings(db, window))


@router.get(
    "/avoidable-escalations",
    response_model=AvoidableEscalations,
    dependencies=[limited("avoidable-escalations", Permission.VIEW_ESCALATIONS)],
)
async def read_avoidable_escalations(
    actor: CanViewEscalations, window: WindowQuery, db: ReportSession
) -> Response:
    """Escalations that said too little, or that a right or some knowledge would have spared."""
    return _answer(await avoidable_escalations(db, window))


@router.get("/suggestions", response_model=SuggestionReport, dependencies=[limited("suggestions")])
async def read_suggestions(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What became of the copilot's suggestions, by rules or model."""
    return _answer(await suggestions(db, window))


@router.get(
    "/durable-resolutions", response_model=DurableResolutions, dependencies=[limited("durable-resolutions")]
)
async def read_durable_resolutions(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What was solved and stayed solved, and how soon what solved it was applied."""
    return _answer(await durable_resolutions(db, window))


@router.get("/follow-up", response_model=FollowUp, dependencies=[limited("follow-up")])
async def read_follow_up(
    actor: CanViewAnalytics,
    window: WindowQuery,
    db: ReportSession,
    compare: Annotated[bool, Query(description="Add `previous`, the window before at the same age.")] = False,
) -> Response:
    """What becomes of sessions by their age: the time to resolution, and how many were ever escalated."""
    return _answer(await follow_up(db, window, compare=compare))


@router.get("/savings", response_model=Savings, dependencies=[limited("savings")])
async def read_savings(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What a handoff saves compared with the verbal one that it replaces, if both are measured."""
    return _answer(await savings(db, window))


@router.get("/load", response_model=Load, dependencies=[limited("load")])
async def read_load(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """When work comes in, by the hour of the day and the day of the week."""
    return _answer(await load(db, window))


@router.get("/backlog", response_model=Backlog, dependencies=[limited("backlog")])
async def read_backlog(actor: CanViewAnalytics, window: WindowQuery, db: ReportSession) -> Response:
    """What was open at the end of each day."""
    return _answer(await backlog(db, window))


@router.get("/metrics")
async def read_metrics(
    actor: Caller,
    report: Annotated[str | None, Query(description="Only what this report shows, such as `dashboard`.")] = None,
) -> list[Metric]:
    """The metric catalogue: what every figure means."""
    return [metric for metric in METRICS.values() if report is None or report in metric.reports]


@router.get("/escalations/headline")
async def read_headline(actor: CanViewEscalations, window: WindowQuery, db: ReportSession) -> Headline:
    """Time to first action after an escalation is claimed, alone and fast, for a screen that always shows it."""
    return await headline(db, window)
