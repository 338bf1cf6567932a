"""Coverage: which domains have flows, which of them serve them, and how sessions in them end."""

from flowpilot.analytics import schemas
from flowpilot.analytics.dashboard.schemas import DomainCoverage, FlowCell
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, FLOW_COUNTS, seconds, statement
from flowpilot.analytics.statistics import rate, rate_ci95
from flowpilot.db.session import ReadDb

_SQL = statement(f"""
WITH cells AS (
    SELECT problem_domain AS domain, matched_flow_id AS flow_id, count(*)::int AS n,
           count(*) FILTER (WHERE status = 'resolved')::int AS resolved,
           count(*) FILTER (WHERE {ESCALATED})::int AS escalated,
           count(*) FILTER (WHERE confidence_tier = 'guided')::int AS guided,
           count(resolved_at) FILTER (WHERE status = 'resolved')::int AS timed,
           sum(resolved_at - created_at) FILTER (WHERE status = 'resolved') AS duration
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2
),
domains AS (
    SELECT c.domain, sum(n) AS n, sum(resolved) AS resolved, sum(escalated) AS escalated, sum(guided) AS guided,
           sum(timed) AS timed, {seconds("sum(duration)")} AS seconds,
           json_agg(
               json_build_array(c.flow_id, t.name, n, guided) ORDER BY n DESC, t.name COLLATE "C", c.flow_id
           ) AS flows
    FROM cells c
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = c.flow_id
    GROUP BY c.domain
),
flow_counts AS ({FLOW_COUNTS})
SELECT d.*, coalesce(f.flow_count, 0) AS flow_count
FROM domains d
LEFT JOIN flow_counts f ON f.domain = lower(d.domain)
ORDER BY d.n DESC, d.domain COLLATE "C"
""")


async def coverage(db: ReadDb, window: Window) -> schemas.Coverage:
    """The window's domains and their flows, in one statement."""
    rows = (await db.execute(_SQL, window.parameters)).all()
    domains = [
        DomainCoverage(
            domain=row.domain,
            flow_count=row.flow_count,
            session_count=row.n,
            resolution_rate=rate(row.resolved, row.n),
            resolution_rate_ci95=rate_ci95(row.resolved, row.n),
            escalation_rate=rate(row.escalated, row.n),
            escalation_rate_ci95=rate_ci95(row.escalated, row.n),
            guided_rate=rate(row.guided, row.n),
            guided_rate_ci95=rate_ci95(row.guided, row.n),
            avg_resolution_minutes=round(row.seconds / (60 * row.timed), 1) if row.timed else None,
            n_timed=row.timed,
            n_unknown=row.resolved - row.timed,
            flows=[_cell(*cell) for cell in row.flows],
        )
        for row in rows
        if row.domain is not None
    ]
    return schemas.Coverage(
        **schemas.header(window, "coverage"),
        domains=domains,
        unmapped_session_count=sum(row.n for row in rows if row.domain is None),
        total_domains=len(domains),
    )


def _cell(flow_id: str | None, name: str | None, n: int, guided: int) -> FlowCell:
    return FlowCell(
        flow_id=flow_id,
        name=name,
        session_count=n,
        guided_rate=rate(guided, n),
        guided_rate_ci95=rate_ci95(guided, n),
    )
