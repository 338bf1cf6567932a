"""The dashboard: sessions, MTTR, domains, tiers, knowledge and the ticket system, in one statement."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from flowpilot.analytics.buckets import Bucket, in_buckets
from flowpilot.analytics.dashboard.glances import knowledge_of, psa_of
from flowpilot.analytics.dashboard.kpis import SECONDS_PER_MINUTE, Kpis, previous
from flowpilot.analytics.dashboard.schemas import (
    ConfidenceBreakdown,
    Dashboard,
    DomainFlows,
    DomainSessions,
    KnowledgeCoverage,
    TrendDay,
    TrendPeriod,
)
from flowpilot.analytics.dashboard.sums import TIERS, sums
from flowpilot.analytics.dashboard.working import WorkedDays, worked_days, working_mttr
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import header
from flowpilot.analytics.statistics import percent, percent_ci95
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import history_in


async def dashboard(db: ReadDb, window: Window, *, compare: bool = False) -> Dashboard:
    """The window's dashboard: one statement for the contract's figures, and a few for what is beside them."""
    row = await sums(db, window)
    kpis = Kpis(row)
    figures = kpis.fields()
    domains: list[dict[str, Any]] = row["domains"] or []
    worked, today = await worked_days(db, history_in(row["account_hours"]), window), window.present_day
    days = _days(row["trend"], worked)
    trend = {day: _trend([found], day, day, today) for day, found in days}
    bucket, periods = in_buckets(days)
    return Dashboard(
        **header(window, "dashboard"),
        total_sessions=kpis.total,
        resolved_sessions=kpis.resolved,
        escalated_sessions=kpis.escalated,
        abandoned_sessions=kpis.abandoned,
        # Contract: these two are 0.0 without cases.
        resolution_rate=figures.pop("resolution_rate") or 0.0,
        avg_steps_to_resolution=figures.pop("avg_steps_to_resolution") or 0.0,
        avg_session_duration_minutes=round(row["timed_seconds"] / (60 * row["timed"]), 1) if row["timed"] else 0.0,
        **figures,
        **working_mttr(worked.values()),
        n_guided=kpis.guided,
        n_rated=kpis.estimates["avg_rating"].n,
        n_mttr=kpis.estimates["mttr_minutes"].n,
        n_unknown=kpis.resolved - kpis.estimates["mttr_minutes"].n,
        mttr_trend=[_trend_day(**fields) for fields in trend.values()],
        mttr_bucket=bucket,
        mttr_periods=[
            _trend_period(
                **(trend[first] if bucket is Bucket.DAY else _trend(found, first, last, today)), last_day=last
            )
            for first, last, found in periods
        ],
        sessions_by_domain=[_domain_sessions(domain) for domain in domains],
        confidence_breakdown=_confidence(row),
        knowledge_coverage=KnowledgeCoverage(
            **knowledge_of(row),
            coverage_by_domain=[_domain_coverage(domain) for domain in domains],
        ),
        psa_metrics=psa_of(row),
        previous=await previous(db, window, kpis) if compare else None,
    )


def _days(trend: Sequence[dict[str, Any]], worked: WorkedDays) -> list[tuple[date, dict[str, Any]]]:
    dated = [(date.fromisoformat(found["day"]), found) for found in trend]
    return [(day, found | {"worked": worked.get(day)}) for day, found in dated]


def _trend(days: Sequence[dict[str, Any]], first: date, last: date, today: date) -> dict[str, Any]:
    """The fields of a stretch of the trend, whose sums are those of its days together."""
    sums = [sum(day[name] for day in days) for name in ("n", "seconds", "squares", "cubes")]
    return {
        "date": first,
        **_mttr(*sums),
        "session_count": sums[0],
        "complete": last < today,
        **working_mttr(day["worked"] for day in days if day["worked"] is not None),
    }


# The same days are in one report after the other.
_trend_day, _trend_period = lru_cache(4_096)(TrendDay), lru_cache(4_096)(TrendPeriod)


@lru_cache(4_096)
def _mttr(n: int, seconds_: float, squares: float, cubes: float) -> Mapping[str, Any]:
    mttr = mean(n, seconds_, squares, cubes, unit=SECONDS_PER_MINUTE)
    return {
        "mttr_minutes": rounded(mttr.value, 1),
        "mttr_minutes_ci95": rounded_bounds(mttr.ci95, 1),
        "mttr_minutes_no_interval": mttr.no_interval,
    }


def _domain_sessions(domain: dict[str, Any]) -> DomainSessions:
    return DomainSessions(
        domain=domain["domain"],
        total=domain["total"],
        resolved=domain["resolved"],
        escalated=domain["escalated"],
        resolution_rate=percent(domain["resolved"], domain["total"]),
        resolution_rate_ci95=percent_ci95(domain["resolved"], domain["total"]),
    )


def _domain_coverage(domain: dict[str, Any]) -> DomainFlows:
    return DomainFlows(
        domain=domain["domain"],
        flow_count=domain["flow_count"],
        session_count=domain["total"],
        guided_rate=percent(domain["guided"], domain["total"]),
        guided_rate_ci95=percent_ci95(domain["guided"], domain["total"]),
    )


def _confidence(row: Mapping[str, Any]) -> ConfidenceBreakdown:
    fields: dict[str, Any] = {}
    for tier in TIERS:
        n, resolved = row[f"ended_{tier}"], row[f"resolved_{tier}"]
        fields[f"{tier}_sessions"] = n
        fields[f"{tier}_resolution_rate"] = percent(resolved, n)
        fields[f"{tier}_resolution_rate_ci95"] = percent_ci95(resolved, n)
    return ConfidenceBreakdown(**fields)
