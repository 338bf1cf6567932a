"""The reports by name, for the command line, the tables and the tests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import get_type_hints

from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.durability import durable_resolutions
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.effects.suggestions import suggestions
from flowpilot.analytics.escalations.avoidable import avoidable_escalations
from flowpilot.analytics.escalations.endings import flow_endings
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import flow_quality
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.period import Window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.analytics.savings.report import savings
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.workload.backlog import backlog
from flowpilot.analytics.workload.load import load
from flowpilot.db.session import ReadDb


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One report: its name, its title, and the function that makes it."""

    name: str
    title: str
    run: Callable[[ReadDb, Window], Awaitable[Report]]

    @property
    def model(self) -> type[Report]:
        """What the report answers."""
        model: type[Report] = get_type_hints(self.run)["return"]
        return model


REPORTS = {
    kind.name: kind
    for kind in (
        ReportKind("dashboard", "Dashboard", dashboard),
        ReportKind("coverage", "Coverage", coverage),
        ReportKind("flow-quality", "Flow quality", flow_quality),
        ReportKind("psa-metrics", "PSA metrics", psa_metrics),
        ReportKind("escalations", "Escalations", escalations),
        ReportKind("flow-endings", "Where flows end in a handoff", flow_endings),
        ReportKind("avoidable-escalations", "Avoidable escalations", avoidable_escalations),
        ReportKind("suggestions", "Suggestions", suggestions),
        ReportKind("durable-resolutions", "Durable resolutions", durable_resolutions),
        ReportKind("follow-up", "Follow-up", follow_up),
        ReportKind("savings", "Savings", savings),
        ReportKind("load", "Load", load),
        ReportKind("backlog", "Backlog", backlog),
        ReportKind("knowledge-gaps", "Knowledge gaps", knowledge_gaps),
    )
}


def to_json(report: Report) -> bytes:
    """The report as the API's body and the command line's output, byte for byte."""
    return report.model_dump_json(by_alias=True).encode()
