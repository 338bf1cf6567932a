"""JSON routes of the reports and the metric catalogue."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.coverage import Coverage, coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.escalations.endings import FlowEndings, flow_endings
from flowpilot.analytics.escalations.headline import Headline, headline
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.flow_quality import FlowQuality, FlowSort, flow_quality
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.knowledge_gaps.schemas import KnowledgeGaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.psa import PsaMetrics, psa_metrics
from flowpilot.analytics.reports import to_json
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.savings import Savings, savings
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.traffic import FlowTraffic, traffic
from flowpilot.flows.queries import flow_facts
from flowpilot.identity.access import CanViewAnalytics, CanViewEscalations
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import Caller, ReadSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot", tags=["analytics"])


def _answer(report: Report) -> Response:
    return Response(to_json(report), media_type="application/json")


@router.get("", response_model=Dashboard, dependencies=[limited("dashboard")])
async def read_dashboard(
    actor: CanViewAnalytics,
    window: WindowQuery,
    db: ReadSession,
    compare: Annotated[bool, Query(description="Add `previous`, the window of equal length just before.")] = False,
) -> Response:
    """The help desk at a glance."""
    return _answer(await dashboard(db, window, compare=compare))


@router.get("/knowledge-gaps", response_model=KnowledgeGaps, dependencies=[limited("knowledge-gaps")])
async def read_knowledge_gaps(actor: CanViewAnalytics, window: WindowQuery, db: ReadSession) -> Response:
    """What the flows do not cover."""
    return _answer(await knowledge_gaps(db, window))


@router.get("/coverage", response_model=Coverage, dependencies=[limited("coverage")])
async def read_coverage(actor: CanViewAnalytics, window: WindowQuery, db: ReadSession) -> Response:
    """Domains and their flows."""
    return _answer(await coverage(db, window))


@router.get("/flow-quality", response_model=FlowQuality, dependencies=[limited("flow-quality")])
async def read_flow_quality(
    actor: CanViewAnalytics, window: WindowQuery, db: ReadSession, sort: FlowSort = FlowSort.QUALITY
) -> Response:
    """How well the flows work."""
    return _answer(await flow_quality(db, window, sort))


@router.get("/flows/{flow_id}/traffic", dependencies=[limited("flow-traffic")])
async def read_flow_traffic(
    flow_id: uuid.UUID, actor: CanViewAnalytics, window: WindowQuery, db: ReadSession
) -> FlowTraffic:
    """Which way the sessions of a flow went at each node, and where they ended."""
    await flow_facts(db, actor.account_id, flow_id)
    return await traffic(db, window, flow_id)


@router.get("/psa-metrics", response_model=PsaMetrics, dependencies=[limited("psa-metrics")])
async def read_psa_metrics(actor: CanViewAnalytics, window: WindowQuery, db: ReadSession) -> Response:
    """What reached the ticket system."""
    return _answer(await psa_metrics(db, window))


@router.get(
    "/escalations",
    response_model=Escalations,
    dependencies=[limited("escalations", Permission.VIEW_ESCALATIONS)],
)
async def read_escalations(actor: CanViewEscalations, window: WindowQuery, db: ReadSession) -> Response:
    """Time to first action after an escalation is claimed, and how well the escalations went."""
    return _answer(await escalations(db, window))


@router.get(
    "/flow-endings",
    response_model=FlowEndings,
    dependencies=[limited("flow-endings", Permission.VIEW_ESCALATIONS)],
)
async def read_flow_endings(actor: CanViewEscalations, window: WindowQuery, db: ReadSession) -> Response:
    """The nodes of flows at which sessions were handed over, and what the seniors then did most."""
    return _answer(await flow_endings(db, window))


@router.get("/savings", response_model=Savings, dependencies=[limited("savings")])
async def read_savings(actor: CanViewAnalytics, window: WindowQuery, db: ReadSession) -> Response:
    """What a handoff saves compared with the verbal one that it replaces, if both are measured."""
    return _answer(await savings(db, window))


@router.get("/metrics")
async def read_metrics(actor: Caller) -> list[Metric]:
    """The metric catalogue: what every figure means."""
    return list(METRICS.values())


@router.get("/escalations/headline")
async def read_headline(actor: CanViewEscalations, window: WindowQuery, db: ReadSession) -> Headline:
    """Time to first action after an escalation is claimed, alone and fast, for a screen that always shows it."""
    return await headline(db, window)
