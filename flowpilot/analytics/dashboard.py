"""The dashboard: sessions, MTTR, domains, tiers, knowledge and the ticket system, in one statement."""

from datetime import date
from typing import Any

from flowpilot.analytics import schemas
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import ESCALATED, FLOW_COUNTS, SESSIONS_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import percent, percent_ci95
from flowpilot.db.session import ReadDb

# The window's sessions are read once, into groups that still know the day; every figure is then a sum over groups.
# Counts are cast because PostgreSQL sums bigint as numeric, which is slow.
_SQL = statement(f"""
WITH facts AS MATERIALIZED (
    SELECT status, confidence_tier AS tier, problem_domain AS domain,
           CASE WHEN status = 'resolved' THEN (resolved_at AT TIME ZONE :tz)::date END AS day,
           count(*)::int AS n,
           sum(step_count) AS steps,
           count(session_rating)::int AS rated,
           sum(session_rating)::int AS rating,
           count(psa_ticket_id)::int AS tickets,
           count(resolved_at)::int AS timed,
           sum(resolved_at - created_at) AS duration
    FROM ai_sessions
    WHERE {SESSIONS_IN_WINDOW}
    GROUP BY 1, 2, 3, 4
),
kinds AS MATERIALIZED (
    SELECT status, tier, domain, sum(n)::int AS n, sum(steps)::bigint AS steps, sum(rated)::int AS rated,
           sum(rating)::int AS rating, sum(tickets)::int AS tickets, sum(timed)::int AS timed,
           sum(duration) AS duration
    FROM facts
    GROUP BY 1, 2, 3
),
totals AS (
    SELECT coalesce(sum(n), 0)::bigint AS total,
           coalesce(sum(n) FILTER (WHERE status = 'resolved'), 0)::bigint AS resolved,
           coalesce(sum(n) FILTER (WHERE {ESCALATED}), 0)::bigint AS escalated,
           coalesce(sum(n) FILTER (WHERE status = 'abandoned'), 0)::bigint AS abandoned,
           coalesce(sum(steps) FILTER (WHERE status = 'resolved'), 0)::bigint AS resolved_steps,
           coalesce(sum(timed), 0)::bigint AS timed,
           {seconds("sum(duration)")} AS timed_seconds,
           coalesce(sum(timed) FILTER (WHERE status = 'resolved'), 0)::bigint AS resolved_timed,
           {seconds("sum(duration) FILTER (WHERE status = 'resolved')")} AS resolved_seconds,
           coalesce(sum(rated), 0)::bigint AS rated,
           sum(rating)::bigint AS rating,
           coalesce(sum(tickets), 0)::bigint AS tickets
    FROM kinds
),
trend AS (
    SELECT day, sum(timed) AS n, {seconds("sum(duration)")} AS seconds
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
flows AS (
    SELECT count(*) AS total_flows,
           count(*) FILTER (WHERE origin IN ('ai_generated', 'ai_enhanced')) AS ai_generated_flows
    FROM trees WHERE account_id = :account_id
),
proposals AS (
    SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status IN ('approved', 'modified') AND in_window) AS approved,
           count(*) FILTER (WHERE status = 'rejected' AND in_window) AS rejected
    FROM (
        SELECT status, reviewed_at >= :start AND reviewed_at < :end AS in_window
        FROM flow_proposals WHERE account_id = :account_id
    ) reviewed
),
pushes AS (
    SELECT count(*) AS pushes,
           count(*) FILTER (WHERE status = 'success') AS pushed,
           count(*) FILTER (WHERE status = 'success' AND retry_count > 0) AS pushed_by_retry
    FROM psa_post_logs
    WHERE account_id = :account_id AND posted_at >= :start AND posted_at < :end AND ai_session_id IS NOT NULL
),
time_entries AS (
    SELECT count(*) AS entries, coalesce(sum(hours_logged), 0)::float8 AS hours
    FROM psa_activity_logs
    WHERE account_id = :account_id AND activity_type = 'time_entry_posted'
      AND created_at >= :start AND created_at < :end
)
SELECT *,
       (SELECT jsonb_agg(trend ORDER BY day) FROM trend) AS trend,
       (SELECT jsonb_agg(domains ORDER BY total DESC, domain COLLATE "C") FROM domains) AS domains,
       (SELECT jsonb_object_agg(tier, tiers) FROM tiers) AS tiers
FROM totals, flows, proposals, pushes, time_entries
""")


async def dashboard(db: ReadDb, window: Window) -> schemas.Dashboard:
    """The window's dashboard, in one statement."""
    row = (await db.execute(_SQL, window.parameters)).mappings().one()
    domains: list[dict[str, Any]] = row["domains"] or []
    today = window.today
    return schemas.Dashboard(
        **schemas.header(window, "dashboard"),
        total_sessions=row["total"],
        resolved_sessions=row["resolved"],
        escalated_sessions=row["escalated"],
        abandoned_sessions=row["abandoned"],
        resolution_rate=percent(row["resolved"], row["total"]),
        resolution_rate_ci95=percent_ci95(row["resolved"], row["total"]),
        avg_steps_to_resolution=_mean(row["resolved_steps"], row["resolved"], 1) or 0.0,
        avg_session_duration_minutes=_mean(row["timed_seconds"], 60 * row["timed"], 1) or 0.0,
        avg_rating=_mean(row["rating"], row["rated"], 2),
        n_rated=row["rated"],
        mttr_minutes=_mean(row["resolved_seconds"], 60 * row["resolved_timed"], 1),
        n_mttr=row["resolved_timed"],
        mttr_trend=[_trend_day(day, today) for day in row["trend"] or []],
        sessions_by_domain=[_domain_sessions(domain) for domain in domains],
        confidence_breakdown=_confidence(row["tiers"] or {}),
        knowledge_coverage=schemas.KnowledgeCoverage(
            total_flows=row["total_flows"],
            ai_generated_flows=row["ai_generated_flows"],
            total_proposals_pending=row["pending"],
            proposals_approved_this_period=row["approved"],
            proposals_rejected_this_period=row["rejected"],
            coverage_by_domain=[_domain_coverage(domain) for domain in domains],
        ),
        psa_metrics=_psa(row) if row["tickets"] else None,
    )


def _mean(total: float | None, n: int, digits: int) -> float | None:
    return None if n == 0 or total is None else round(total / n, digits)


def _trend_day(day: dict[str, Any], today: date) -> schemas.TrendDay:
    calendar_day = date.fromisoformat(day["day"])
    return schemas.TrendDay(
        date=calendar_day,
        mttr_minutes=round(day["seconds"] / (60 * day["n"]), 1),
        session_count=day["n"],
        complete=calendar_day < today,
    )


def _domain_sessions(domain: dict[str, Any]) -> schemas.DomainSessions:
    return schemas.DomainSessions(
        domain=domain["domain"],
        total=domain["total"],
        resolved=domain["resolved"],
        escalated=domain["escalated"],
        resolution_rate=percent(domain["resolved"], domain["total"]),
        resolution_rate_ci95=percent_ci95(domain["resolved"], domain["total"]),
    )


def _domain_coverage(domain: dict[str, Any]) -> schemas.DomainFlows:
    return schemas.DomainFlows(
        domain=domain["domain"],
        flow_count=domain["flow_count"],
        session_count=domain["total"],
        guided_rate=percent(domain["guided"], domain["total"]),
        guided_rate_ci95=percent_ci95(domain["guided"], domain["total"]),
    )


def _confidence(tiers: dict[str, dict[str, int]]) -> schemas.ConfidenceBreakdown:
    fields: dict[str, Any] = {}
    for tier in ("guided", "exploring", "discovery"):
        n, resolved = (tiers[tier]["n"], tiers[tier]["resolved"]) if tier in tiers else (0, 0)
        fields[f"{tier}_sessions"] = n
        fields[f"{tier}_resolution_rate"] = percent(resolved, n)
        fields[f"{tier}_resolution_rate_ci95"] = percent_ci95(resolved, n)
    return schemas.ConfidenceBreakdown(**fields)


def _psa(row: Any) -> schemas.DashboardPsa:
    return schemas.DashboardPsa(
        ticket_link_rate=percent(row["tickets"], row["total"]),
        ticket_link_rate_ci95=percent_ci95(row["tickets"], row["total"]),
        n_pushes=row["pushes"],
        auto_push_success_rate=percent(row["pushed"], row["pushes"]),
        auto_push_success_rate_ci95=percent_ci95(row["pushed"], row["pushes"]),
        auto_push_retry_success_rate=percent(row["pushed_by_retry"], row["pushes"]),
        auto_push_retry_success_rate_ci95=percent_ci95(row["pushed_by_retry"], row["pushes"]),
        total_time_entries_logged=row["entries"],
        total_hours_logged=round(row["hours"], 2),
    )
