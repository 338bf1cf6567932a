"""The analytics tabs: each shows one report. A new one is an entry here, and a template of its name."""

from dataclasses import dataclass

from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.durability import durable_resolutions
from flowpilot.analytics.dashboard.glances import knowledge_glance, psa_glance
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.effects.suggestions import suggestions
from flowpilot.analytics.escalations.avoidable import avoidable_escalations
from flowpilot.analytics.escalations.endings import flow_endings
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import flow_quality
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.own.report import own_figures
from flowpilot.analytics.psa import psa_metrics
from flowpilot.analytics.savings.report import savings
from flowpilot.analytics.workload.backlog import backlog
from flowpilot.analytics.workload.load import load
from flowpilot.identity.actor import Actor, Permission
from flowpilot.web.analytics.results import Run


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab, and who may open it.

    `report` is the name under which the API limits its report. `beside` runs a second, small one of the same page,
    and `further` a third.
    """

    name: str
    title: str
    report: str
    run: Run
    beside: Run | None = None
    further: Run | None = None
    permission: Permission = Permission.VIEW_ANALYTICS


TABS = (
    Tab(
        "overview",
        "Overview",
        "dashboard",
        lambda db, view: dashboard(db, view.window, compare=view.compare),
        beside=lambda db, view: durable_resolutions(db, view.window),
        further=lambda db, view: follow_up(db, view.window, compare=view.compare),
    ),
    Tab("coverage", "Coverage", "coverage", lambda db, view: coverage(db, view.window)),
    Tab(
        "flow-quality",
        "Flow quality",
        "flow-quality",
        lambda db, view: flow_quality(db, view.window, view.sort),
        beside=lambda db, view: suggestions(db, view.window),
    ),
    Tab(
        "escalations",
        "Escalations",
        "escalations",
        lambda db, view: escalations(db, view.window),
        beside=lambda db, view: flow_endings(db, view.window),
        further=lambda db, view: avoidable_escalations(db, view.window),
        permission=Permission.VIEW_ESCALATIONS,
    ),
    Tab(
        "load",
        "Load",
        "load",
        lambda db, view: load(db, view.window),
        beside=lambda db, view: backlog(db, view.window),
    ),
    Tab(
        "psa",
        "PSA",
        "psa-metrics",
        lambda db, view: psa_metrics(db, view.window),
        beside=lambda db, view: psa_glance(db, view.window),
    ),
    Tab(
        "knowledge-gaps",
        "Knowledge gaps",
        "knowledge-gaps",
        lambda db, view: knowledge_gaps(db, view.window),
        beside=lambda db, view: knowledge_glance(db, view.window),
    ),
    Tab("savings", "Savings", "savings", lambda db, view: savings(db, view.window)),
    Tab(
        "me",
        "My figures",
        "me",
        lambda db, view: own_figures(db, view.window, view.reader_id),
        permission=Permission.VIEW_ESCALATIONS,
    ),
)


def tabs_of(actor: Actor) -> list[Tab]:
    """The tabs that somebody may open."""
    return [tab for tab in TABS if actor.may(tab.permission)]
