"""Coverage: which domains have flows, and how sessions in them end."""

from flowpilot.analytics import schemas
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import ESCALATED, FLOW_COUNTS, SESSIONS_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import rate, rate_ci95
from flowpilot.db.session import ReadDb

_SQL = statement(f"""
WITH domains AS (
    SELECT problem_domain AS domain, count(*) AS n,
           count(*) FILTER (WHERE status = 'resolved') AS resolved,
           count(*) FILTER (WHERE {ESCALATED}) AS escalated,
           count(*) FILTER (WHERE confidence_tier = 'guided') AS guided,
           count(resolved_at) FILTER (WHERE status = 'resolved') AS timed,
           {seconds("sum(resolved_at - created_at) FILTER (WHERE status = 'resolved')")} AS seconds
    FROM ai_sessions
    WHERE {SESSIONS_IN_WINDOW}
    GROUP BY problem_domain
),
flow_counts AS ({FLOW_COUNTS})
SELECT d.*, coalesce(f.flow_count, 0) AS flow_count
FROM domains d
LEFT JOIN flow_counts f ON f.domain = lower(d.domain)
ORDER BY d.n DESC, d.domain COLLATE "C"
""")


async def coverage(db: ReadDb, window: Window) -> schemas.Coverage:
    """The window's domains, in one statement."""
    rows = (await db.execute(_SQL, window.parameters)).all()
    domains = [
        schemas.DomainCoverage(
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
