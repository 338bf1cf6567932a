"""The dashboard: sessions, MTTR, domains, tiers, knowledge and the ticket system, in one statement."""

from datetime import date
from typing import Any

from flowpilot.analytics.dashboard.glances import FLOWS, PROPOSALS, PUSHES, TIME_ENTRIES, knowledge_of, psa_of
from flowpilot.analytics.dashboard.kpis import SECONDS_PER_MINUTE, SUMS, TOTALS, Kpis, previous
from flowpilot.analytics.dashboard.schemas import (
    ConfidenceBreakdown,
    Dashboard,
    DomainFlows,
    DomainSessions,
    KnowledgeCoverage,
    TrendDay,
)
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, FLOW_COUNTS, seconds, statement
from flowpilot.analytics.statistics import mean, percent, percent_ci95
from flowpilot.db.session import ReadDb

# The window's sessions are read once, into groups by day and kind; every figure is then a sum over groups.
# Counts are cast because PostgreSQL sums bigint as numeric, which is slow.
_SQL = statement(f"""
WITH facts AS MATERIALIZED (
    SELECT status, confidence_tier AS tier, problem_domain AS domain,
           CASE WHEN status = 'resolved' THEN (resolved_at AT TIME ZONE :tz)::date END AS day,
           count(psa_ticket_id)::int AS tickets, {SUMS}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2, 3, 4
),
kinds AS MATERIALIZED (
    SELECT status, tier, domain, sum(n)::int AS n, sum(steps)::bigint AS steps, sum(step_squares) AS step_squares,
           sum(rated)::int AS rated, sum(rating)::int AS rating, sum(rating_squares)::int AS rating_squares,
           sum(tickets)::int AS tickets, sum(timed)::int AS timed, sum(duration) AS duration,
           sum(duration_squares) AS duration_squares
    FROM facts
    GROUP BY 1, 2, 3
),
totals AS (
    SELECT {TOTALS}, sum(tickets) AS tickets, sum(timed) AS timed, {seconds("sum(duration)")} AS timed_seconds
    FROM kinds
),
trend AS (
    SELECT day, sum(timed) AS n, {seconds("sum(duration)")} AS seconds, sum(duration_squares) AS squares
    FROM facts WHERE day IS NOT NULL GROUP BY day
),
flow_counts AS ({FLOW_COUNTS}),
domains AS (
    SELECT f.domain, sum(n) AS total,
           coalesce(sum(n) FILTER (WHERE status = 'resolved'), 0) AS resolved,
           coalesce(sum(n) FILTER (WHERE {ESCALATED}), 0) AS escalated,
           coalesce(sum(n) FILTER (WHERE tier = 'guided'), 0) AS guided,
           coalesce(min(c.flow_count), 0) AS flow_count
    FROM kinds f
    LEFT JOIN flow_counts c ON c.domain = lower(f.domain)
    WHERE f.domain IS NOT NULL
    GROUP BY f.domain
),
tiers AS (
    SELECT tier, sum(n) AS n, coalesce(sum(n) FILTER (WHERE status = 'resolved'), 0) AS resolved
    FROM kinds
    WHERE tier IS NOT NULL AND (status = 'resolved' OR {ESCALATED})
    GROUP BY tier
),
flows AS ({FLOWS}),
proposals AS ({PROPOSALS}),
pushes AS ({PUSHES}),
time_entries AS ({TIME_ENTRIES})
SELECT *,
       (SELECT jsonb_agg(trend ORDER BY day) FROM trend) AS trend,
       (SELECT jsonb_agg(domains ORDER BY total DESC, domain COLLATE "C") FROM domains) AS domains,
       (SELECT jsonb_object_agg(tier, tiers) FROM tiers) AS tiers
FROM totals, flows, proposals, pushes, time_entries
""")


async def dashboard(db: ReadDb, window: Window, *, compare: bool = False) -> Dashboard:
    """The window's dashboard, in one statement; in a second one, what has changed since the window before."""
    row = (await db.execute(_SQL, window.parameters)).mappings().one()
    kpis = Kpis(row)
    figures = kpis.fields()
    domains: list[dict[str, Any]] = row["domains"] or []
    today = window.today
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
        n_rated=kpis.estimates["avg_rating"].n,
        n_mttr=kpis.estimates["mttr_minutes"].n,
        n_unknown=kpis.resolved - kpis.estimates["mttr_minutes"].n,
        mttr_trend=[_trend_day(day, today) for day in row["trend"] or []],
        sessions_by_domain=[_domain_sessions(domain) for domain in domains],
        confidence_breakdown=_confidence(row["tiers"] or {}),
        knowledge_coverage=KnowledgeCoverage(
            **knowledge_of(row),
            coverage_by_domain=[_domain_coverage(domain) for domain in domains],
        ),
        psa_metrics=psa_of(row),
        previous=await previous(db, window, kpis) if compare else None,
    )


def _trend_day(day: dict[str, Any], today: date) -> TrendDay:
    calendar_day = date.fromisoformat(day["day"])
    mttr = mean(day["n"], day["seconds"], day["squares"], unit=SECONDS_PER_MINUTE)
    return TrendDay(
        date=calendar_day,
        mttr_minutes=rounded(mttr.value, 1),
        mttr_minutes_ci95=rounded_bounds(mttr.ci95, 1),
        session_count=day["n"],
        complete=calendar_day < today,
    )


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


def _confidence(tiers: dict[str, dict[str, int]]) -> ConfidenceBreakdown:
    fields: dict[str, Any] = {}
    for tier in ("guided", "exploring", "discovery"):
        n, resolved = (tiers[tier]["n"], tiers[tier]["resolved"]) if tier in tiers else (0, 0)
        fields[f"{tier}_sessions"] = n
        fields[f"{tier}_resolution_rate"] = percent(resolved, n)
        fields[f"{tier}_resolution_rate_ci95"] = percent_ci95(resolved, n)
    return ConfidenceBreakdown(**fields)
