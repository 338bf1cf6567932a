"""The charts of the reports as data for `charts.js`, each with a sentence that says what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.psa import PsaMetrics
from flowpilot.analytics.savings import Savings
from flowpilot.web.analytics.figures import bucket, minutes
from flowpilot.web.formatting import counted, duration, number

Point = tuple[Any, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and a sentence for people who cannot see it. `id` is unique in the page."""

    id: str
    summary: str
    spec: dict[str, Any]


def _bars(categories: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str, **asked: Any) -> Any:
    named = [{"name": name, "values": values} for name, values in series.items()]
    return {"kind": "bars", "categories": categories, "series": named, "unit": unit, **asked}


def _line(name: str, points: Sequence[Point], band: Sequence[Sequence[Any] | None], **asked: Any) -> Any:
    return {"kind": "line", "name": name, "points": points, "band": band, **asked}


def mttr_trend(report: Dashboard) -> Chart:
    """MTTR by day with its interval; days that are not over are marked."""
    days = report.mttr_trend
    values = [day.mttr_minutes for day in days]
    least, most = minutes(min(values)), minutes(max(values))
    summary = f"MTTR by day, {counted(len(days), 'days with resolved sessions')}, from {least} to {most}."
    spec = _line(
        "MTTR",
        [(day.date.isoformat(), day.mttr_minutes) for day in days],
        [
            (day.date.isoformat(), *day.mttr_minutes_ci95) if day.mttr_minutes_ci95 is not None else None
            for day in days
        ],
        x="time",
        unit="minutes",
        open=[day.date.isoformat() for day in days if not day.complete],
    )
    return Chart("mttr", summary, spec)


def domains(report: Dashboard) -> Chart:
    """Sessions by domain and how they ended."""
    rows = report.sessions_by_domain
    largest = rows[0]
    summary = f"Sessions of {counted(len(rows), 'domains')}; {largest.domain} has the most, {largest.total}."
    series = {
        "Resolved": [row.resolved for row in rows],
        "Escalated": [row.escalated for row in rows],
        "Neither": [row.total - row.resolved - row.escalated for row in rows],
    }
    spec = _bars([row.domain for row in rows], series, "sessions", horizontal=True, stacked=True)
    return Chart("domains", summary, spec)


def distribution(report: Escalations) -> Chart:
    """Times to first action after a claim in buckets."""
    most = max(report.distribution, key=lambda one: one.n)
    summary = (
        f"Times to first action of {counted(report.n_handoffs_with_action, 'handoffs')}; the largest group, "
        f"{most.n}, took {bucket(most.from_seconds, most.to_seconds)}."
    )
    names = [bucket(one.from_seconds, one.to_seconds) for one in report.distribution]
    spec = _bars(names, {"Handoffs": [one.n for one in report.distribution]}, "handoffs", tilted=True)
    return Chart("distribution", summary, spec)


def survival_curve(report: Escalations) -> Chart:
    """The share that is still waiting for a first action, with its band."""
    points, wait = report.survival_curve, report.time_to_first_action
    reached = "not reached" if wait.median is None else duration(wait.median)
    summary = f"Share of {counted(wait.n, 'claimed handoffs')} still waiting for a first action; median {reached}."
    spec = _line(
        "Still waiting",
        [(one.seconds, 100 * one.share_waiting) for one in points],
        [
            None
            if one.share_waiting_ci95 is None
            else (one.seconds, *(100 * end for end in one.share_waiting_ci95))
            for one in points
        ],
        x="seconds",
        unit="percent",
        step=True,
    )
    return Chart("survival", summary, spec)


def funnel(report: PsaMetrics) -> Chart:
    """From session to ticket."""
    found = report.push_funnel
    stages = {
        "Sessions": found.total_sessions,
        "With a ticket": found.linked_to_ticket,
        "Note pushed": found.doc_pushed,
        "Time logged": found.time_entry_logged,
    }
    summary = ", ".join(f"{name}: {number(n)}" for name, n in stages.items()) + "."
    return Chart(
        "funnel", summary, _bars(list(stages), {"Sessions": [*stages.values()]}, "sessions", horizontal=True)
    )


def hours(report: PsaMetrics) -> Chart:
    """Hours logged by day."""
    days = report.daily_trend
    summary = f"Hours logged by day: {number(report.total_hours_logged, 2)} hours on {counted(len(days), 'days')}."
    series = {"Hours": [day.hours for day in days]}
    return Chart("hours", summary, _bars([day.date.isoformat() for day in days], series, "hours"))


def handoff_times(report: Savings) -> Chart:
    """Median, p90 and p95 of verbal handoffs and of those in the product, side by side."""
    names = {"Median": "median", "p90": "p90", "p95": "p95"}
    series = {
        title: [getattr(side, name) for name in names.values()]
        for title, side in (("Verbal", report.baseline), ("In the product", report.product))
    }
    summary = (
        f"Median of {counted(report.baseline.n, 'verbal handoffs')} {duration(report.baseline.median)}, of "
        f"{number(report.product.n)} in the product {duration(report.product.median)}."
    )
    return Chart("times", summary, _bars(list(names), series, "seconds"))
