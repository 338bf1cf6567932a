"""The charts of the reports as data for `charts.js`, each with a sentence that says what it shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from flowpilot.analytics.buckets import Bucket
from flowpilot.analytics.dashboard.schemas import Dashboard, TrendPeriod
from flowpilot.analytics.escalations.schemas import CurvePoint, Escalations
from flowpilot.analytics.follow_up.schemas import FollowUp, OpeningPeriod
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.psa import PsaMetrics
from flowpilot.analytics.savings.schemas import Savings
from flowpilot.web.analytics.figures import bucket, minutes
from flowpilot.web.analytics.heights import height_of
from flowpilot.web.formatting import counted, duration, number

Point = tuple[Any, float | None]
# By day, a weekend without cases is no gap, and a week is.
_GAP_DAYS = 7


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and a sentence for people who cannot see it. `id` is unique in the page.

    `above` says what is higher than the chart.
    """

    id: str
    summary: str
    spec: dict[str, Any]
    above: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether none of its lines has a point: no median is known yet, or no case was compared."""
        lines = [self.spec, *self.spec.get("more", [])]
        return self.spec["kind"] == "line" and not any(line["points"] for line in lines)


def _bars(categories: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str, **asked: Any) -> Any:
    named = [{"name": name, "values": values} for name, values in series.items()]
    return {"kind": "bars", "categories": categories, "series": named, "unit": unit, **asked}


def _line(name: str, points: Sequence[Point], band: Sequence[Sequence[Any] | None], **asked: Any) -> Any:
    return {"kind": "line", "name": name, "points": points, "band": band, **asked}


def _gaps(periods: Sequence[TrendPeriod | OpeningPeriod], bucket: Bucket) -> Iterator[date]:
    """A day in each stretch without data: the line is not drawn across it, as if it had been in between."""
    most = _GAP_DAYS if bucket is Bucket.DAY else 0
    for before, after in pairwise(periods):
        if (after.date - before.last_day).days - 1 > most:
            yield before.last_day + timedelta(days=1)


def _with_gaps(
    points: Sequence[Point], band: Sequence[Sequence[Any] | None], gaps: Iterable[date]
) -> tuple[list[Point], list[Sequence[Any] | None]]:
    """A line by day, and its band, with nothing at the gaps."""
    found = [(point[0], point, end) for point, end in zip(points, band, strict=True)]
    found += [(gap.isoformat(), (gap.isoformat(), None), None) for gap in gaps]
    found.sort(key=lambda one: one[0])
    return [point for _, point, _ in found], [end for _, _, end in found]


def mttr_trend(report: Dashboard) -> Chart:
    """MTTR by day, week or month with its interval; those that are not over are marked."""
    days, bucket = report.mttr_periods, report.mttr_bucket
    values = [day.mttr_minutes for day in days]
    least, most = minutes(min(values)), minutes(max(values))
    summary = (
        f"MTTR by {bucket}, {counted(len(days), f'{bucket}s with resolved sessions')}, from {least} to {most}."
    )
    points, band = _with_gaps(
        [(day.date.isoformat(), day.mttr_minutes) for day in days],
        [
            (day.date.isoformat(), *day.mttr_minutes_ci95) if day.mttr_minutes_ci95 is not None else None
            for day in days
        ],
        _gaps(days, bucket),
    )
    ends = [None if day.mttr_minutes_ci95 is None else day.mttr_minutes_ci95[1] for day in days]
    height = height_of([day.date for day in days], values, ends, bucket)
    spec = _line(
        "MTTR",
        points,
        band,
        x="time",
        unit="minutes",
        open=[day.date.isoformat() for day in days if not day.complete],
        top=height.top,
    )
    return Chart("mttr", summary, spec, height.above)


def opening_days(report: FollowUp) -> Chart:
    """The median time to resolution by day of opening; young days are marked."""
    days = [day for day in report.by_opening if day.median_minutes is not None]
    periods = counted(len(days), f"{report.opening_bucket}s")
    summary = (
        f"Median time to resolution of the sessions opened in each of {periods}; "
        f"{sum(day.is_young for day in days)} of them are young."
    )
    values = [day.median_minutes or 0.0 for day in days]
    ends = [None if day.median_minutes_ci95 is None else day.median_minutes_ci95[1] for day in days]
    height = height_of([day.date for day in days], values, ends, report.opening_bucket)
    points, band = _with_gaps(
        [(day.date.isoformat(), value) for day, value in zip(days, values, strict=True)],
        [
            None
            if not day.median_minutes_ci95 or None in day.median_minutes_ci95
            else (day.date.isoformat(), *day.median_minutes_ci95)
            for day in days
        ],
        _gaps(days, report.opening_bucket),
    )
    spec = _line(
        "Median",
        points,
        band,
        x="time",
        unit="minutes",
        open=[day.date.isoformat() for day in days if day.is_young],
        top=height.top,
    )
    return Chart("opened", summary, spec, height.above)


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
    """The share whose claimant has not acted yet, with its band."""
    points, wait = report.claimant_survival_curve, report.time_to_claimant_action
    reached = "not reached" if wait.median is None else duration(wait.median)
    handoffs = counted(wait.n, "claimed handoffs")
    summary = f"Share of {handoffs} whose claimant has not acted; median {reached}."
    spec = _line(
        "Claimant has not acted",
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
    """Hours logged by day, week or month."""
    days, bucket = report.hours_periods, report.hours_bucket
    logged = number(report.total_hours_logged, 2)
    summary = f"Hours logged by {bucket}: {logged} hours in {counted(len(days), f'{bucket}s')}."
    series = {"Hours": [day.hours for day in days]}
    return Chart("hours", summary, _bars([day.date.isoformat() for day in days], series, "hours"))


def handoff_times(report: Savings) -> Chart:
    """How the times of verbal handoffs and of those in the product are distributed, by each clock."""
    names = {"creation": "In the product, from the handoff", "claim": "In the product, from the claim"}
    first, *more = [
        ("Verbal", report.baseline_curve),
        *((names[one.clock], one.curve) for one in report.comparisons),
    ]
    shares = ", ".join(
        f"{number(100 * (one.faster_share.value or 0), 0)} % of pairs start faster {names[one.clock].lower()}"
        for one in report.comparisons
    )
    summary = (
        f"Share of handoffs that have started, by the time since the question: {report.baseline.n} verbal ones, "
        f"and those in the product. {shares or 'Not enough cases to compare yet'}."
    )
    spec = _line(
        first[0],
        _started(first[1]),
        [],
        x="seconds",
        unit="percent",
        step=True,
        more=[{"name": name, "points": _started(points)} for name, points in more],
    )
    return Chart("times", summary, spec)


def _started(points: Sequence[CurvePoint]) -> list[Point]:
    """The share that has started, within the hours that are compared."""
    longest = METRICS["savings_restricted_mean"].horizon_seconds or 0
    return [(one.seconds, 100 * (1 - one.share_waiting)) for one in points if one.seconds <= longest]
