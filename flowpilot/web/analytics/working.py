"""Figures in working hours, said below those on the clock."""

from dataclasses import dataclass

from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.follow_up.schemas import ResolutionTime
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.waits import WaitingTime
from flowpilot.web.formatting import bounds, duration


@dataclass(frozen=True, slots=True)
class Working:
    """A figure in working hours, with its interval or why it has none."""

    metric: Metric
    value: str
    interval: str


def working_wait(slug: str, found: WaitingTime | ResolutionTime | None) -> Working | None:
    """A median; None if the account worked around the clock."""
    if found is None:
        return None
    show = _minutes if found.unit == "minutes" else duration
    return Working(METRICS[slug], show(found.median), f"95 %: {bounds(found.median_ci95, show)}")


def working_mttr(report: Dashboard) -> Working | None:
    """The mean; None without cases, or if the account worked around the clock."""
    if report.mttr_working_minutes is None:
        return None
    interval = f"95 %: {bounds(report.mttr_working_minutes_ci95, _minutes)}"
    why = report.mttr_working_minutes_no_interval
    return Working(METRICS["working_mttr"], _minutes(report.mttr_working_minutes), why or interval)


def _minutes(value: float | None) -> str:
    return duration(None if value is None else 60 * value)
