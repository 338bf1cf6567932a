"""The dashboard: sessions, MTTR, domains, tiers, knowledge and the ticket system, in one statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, TextClause

from flowpilot.analytics.buckets import Bucket, in_buckets
from flowpilot.analytics.dashboard.glances import FLOWS, PROPOSALS, knowledge_of, psa_of
from flowpilot.analytics.dashboard.kpis import KIND_COLUMNS, SECONDS_PER_MINUTE, SUMS, TOTALS, Kpis, previous
from flowpilot.analytics.dashboard.schemas import (
    ConfidenceBreakdown,
    Dashboard,
    DomainFlows,
    DomainSessions,
    KnowledgeCoverage,
    TrendDay,
    TrendPeriod,
)
from flowpilot.analytics.dashboard.working import WorkedDays, worked_days, working_mttr
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, FLOW_COUNTS, seconds, statement
from flowpilot.analytics.statistics import percent, percent_ci95
from flowpilot.analytics.summed.psa import PUSHES, PUSHES_OF_DAYS, TIME_ENTRIES, TIME_ENTRIES_OF_DAYS
from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, GAPS, PSA_GAPS, calendar, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in

# The window's sessions are read once, into groups by day and kind; every figure is then a sum over groups.
# Counts are cast because PostgreSQL sums bigint as numeric, which is slow.
_FACTS = f"""
facts AS MATERIALIZED (
    SELECT status, confidence_tier AS tier, problem_domain AS domain,
           CASE WHEN status = 'resolved' THEN (resolved_at AT TIME ZONE :tz)::date END AS day,
           count(psa_ticket_id)::int AS tickets, {SUMS}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2, 3, 4
)
"""


_TIERS = ("guided", "exploring", "discovery")
_RESOLVED = "status = 'resolved'"
# By the way they were led: those resolved, and with them those handed over.
_OF_TIERS = ", ".join(
    f"coalesce(sum(n) FILTER (WHERE tier = '{tier}' AND ({condition})), 0) AS {name}_{tier}"
    for tier in _TIERS
    for name, condition in (("resolved", _RESOLVED), ("ended", f"{_RESOLVED} OR {ESCALATED}"))
)


def _sql(
    before: str = "",
    kinds: str = "",
    cells: str = "",
    ends: str = "",
    pushes: str = PUSHES,
    time_entries: str = TIME_ENTRIES,
) -> TextClause:
    """The statement over the window's sessions; or after parts that narrow these, with more groups of each."""
    return statement(f"""
WITH {before} {_FACTS},
kinds AS (
    SELECT status, tier, sum(n)::int AS n, sum(steps)::bigint AS steps, sum(step_squares) AS step_squares,
           sum(step_cubes) AS step_cubes, sum(rated)::int AS rated, sum(rating)::int AS rating,
           sum(rating_squares)::int AS rating_squares, sum(rating_cubes)::int AS rating_cubes,
           sum(tickets)::int AS tickets, sum(timed)::int AS timed, sum(duration) AS duration,
           sum(duration_squares) AS duration_squares, sum(duration_cubes) AS duration_cubes
    FROM facts
    GROUP BY 1, 2
    {kinds}
),
cells AS (
    SELECT domain, n, CASE WHEN status = 'resolved' THEN n ELSE 0 END AS resolved,
           CASE WHEN {ESCALATED} THEN n ELSE 0 END AS escalated,
           CASE WHEN tier = 'guided' THEN n ELSE 0 END AS guided
    FROM facts
    {cells}
),
ends AS (
    SELECT day, timed AS n, duration, duration_squares AS squares, duration_cubes AS cubes
    FROM facts WHERE day IS NOT NULL
    {ends}
),
totals AS (
    SELECT {TOTALS}, {_OF_TIERS}, sum(tickets) AS tickets, sum(timed) AS timed,
           {seconds("sum(duration)")} AS timed_seconds
    FROM kinds
),
trend AS (
    SELECT day, sum(n) AS n, {seconds("sum(duration)")} AS seconds, sum(squares) AS squares, sum(cubes) AS cubes
    FROM ends GROUP BY day
),
flow_counts AS ({FLOW_COUNTS}),
domains AS (
    SELECT f.domain, sum(n) AS total, sum(resolved) AS resolved, sum(escalated) AS escalated,
           sum(guided) AS guided, coalesce(min(c.flow_count), 0) AS flow_count
    FROM cells f
    LEFT JOIN flow_counts c ON c.domain = lower(f.domain)
    WHERE f.domain IS NOT NULL
    GROUP BY f.domain
),
flows AS ({FLOWS}),
proposals AS ({PROPOSALS}),
pushes AS ({pushes}),
time_entries AS ({time_entries})
SELECT *, {HOURS},
       (SELECT jsonb_agg(trend ORDER BY day) FROM trend) AS trend,
       (SELECT jsonb_agg(domains ORDER BY total DESC, domain COLLATE "C") FROM domains) AS domains
FROM totals, flows, proposals, pushes, time_entries
""")


_TIMES = ("n", "duration", "squares", "cubes")
_ROWS_SQL = _sql()
_DAYS_SQL = _sql(
    f"{GAPS}, {PSA_GAPS}, {calendar('clean', 'end_quarter')},",
    summed("kind", *KIND_COLUMNS),
    summed("cell", "domain", "n", "resolved", "escalated", "guided"),
    summed("end", "quarter", *_TIMES, select=f"{DAY_OF_QUARTER}, {', '.join(_TIMES)}"),
    PUSHES_OF_DAYS,
    TIME_ENTRIES_OF_DAYS,
)


async def dashboard(db: ReadDb, window: Window, *, compare: bool = False) -> Dashboard:
    """The window's dashboard: one statement for the contract's figures, and a few for what is beside them."""
    row = (await read(db, _DAYS_SQL, _ROWS_SQL, window)).mappings().one()
    kpis = Kpis(row)
    figures = kpis.fields()
    domains: list[dict[str, Any]] = row["domains"] or []
    worked, today = await worked_days(db, history_in(row["account_hours"]), window), window.present_day
    days = _days(row["trend"] or [], worked)
    trend = {day: _trend([sums], day, day, today) for day, sums in days}
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
        mttr_trend=[TrendDay(**fields) for fields in trend.values()],
        mttr_bucket=bucket,
        mttr_periods=[
            TrendPeriod(
                **(trend[first] if bucket is Bucket.DAY else _trend(sums, first, last, today)), last_day=last
            )
            for first, last, sums in periods
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
    dated = [(date.fromisoformat(sums["day"]), sums) for sums in trend]
    return [(day, sums | {"worked": worked.get(day)}) for day, sums in dated]


def _trend(days: Sequence[dict[str, Any]], first: date, last: date, today: date) -> dict[str, Any]:
    """The fields of a stretch of the trend, whose sums are those of its days together."""
    n, seconds_, squares, cubes = (sum(day[name] for day in days) for name in ("n", "seconds", "squares", "cubes"))
    mttr = mean(n, seconds_, squares, cubes, unit=SECONDS_PER_MINUTE)
    return {
        "date": first,
        "mttr_minutes": rounded(mttr.value, 1),
        "mttr_minutes_ci95": rounded_bounds(mttr.ci95, 1),
        "mttr_minutes_no_interval": mttr.no_interval,
        "session_count": n,
        "complete": last < today,
        **working_mttr(day["worked"] for day in days if day["worked"] is not None),
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


def _confidence(row: RowMapping) -> ConfidenceBreakdown:
    fields: dict[str, Any] = {}
    for tier in _TIERS:
        n, resolved = row[f"ended_{tier}"], row[f"resolved_{tier}"]
        fields[f"{tier}_sessions"] = n
        fields[f"{tier}_resolution_rate"] = percent(resolved, n)
        fields[f"{tier}_resolution_rate_ci95"] = percent_ci95(resolved, n)
    return ConfidenceBreakdown(**fields)
