"""Coverage: which flows serve each domain, and how its sessions end."""

import uuid
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import TextClause

from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import (
    CREATED_IN_WINDOW,
    FLOW_COUNTS,
    seconds,
    statement,
)
from flowpilot.analytics.statistics import rate, rate_ci95
from flowpilot.analytics.summed.sources import GAPS, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in
from flowpilot.sessions.days.sums import CELL_GROUP, CELL_SUMS, listed


class FlowCell(BaseModel):
    """The sessions of a domain that were matched to one flow; without `flow_id`, those that matched no flow."""

    flow_id: uuid.UUID | None
    name: str | None
    session_count: int
    guided_rate: float
    guided_rate_ci95: Interval


class DomainCoverage(BaseModel):
    """One domain: its flows, and how its sessions end."""

    domain: str
    flow_count: int
    session_count: int
    resolution_rate: float
    escalation_rate: float
    guided_rate: float
    avg_resolution_minutes: float | None
    avg_resolution_working_minutes: float | None = Field(
        description="In the account's working hours of then; null if it worked around the clock."
    )
    n_timed: int
    n_unknown: int = Field(
        description="Resolved sessions missing from `avg_resolution_minutes`: their `resolved_at` is not known."
    )
    resolution_rate_ci95: Interval
    escalation_rate_ci95: Interval
    guided_rate_ci95: Interval
    flows: list[FlowCell] = Field(
        description="The domain's sessions by the flow they were matched to, most sessions first."
    )


class Coverage(Report):
    """Domains, most sessions first."""

    domains: list[DomainCoverage]
    unmapped_session_count: int
    total_domains: int


_SUMS = ("n", "resolved", "escalated", "guided", "timed", "duration", "worked")
_ROWS = f"""
    SELECT {listed(CELL_GROUP)}, {listed({name: CELL_SUMS[name] for name in _SUMS})}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2
"""


def _sql(cells: str, before: str = "") -> TextClause:
    """The statement over groups of sessions by domain and flow, of which one may come in several parts."""
    return statement(f"""
WITH {before} cells AS (
    SELECT domain, flow_id, sum(n)::int AS n, sum(resolved)::int AS resolved, sum(escalated)::int AS escalated,
           sum(guided)::int AS guided, sum(timed)::int AS timed, sum(duration) AS duration, sum(worked) AS worked
    FROM ({cells}) parts
    GROUP BY 1, 2
),
domains AS (
    SELECT c.domain, sum(n) AS n, sum(resolved) AS resolved, sum(escalated) AS escalated, sum(guided) AS guided,
           sum(timed) AS timed, {seconds("sum(duration)")} AS seconds, sum(worked) AS worked,
           json_agg(
               json_build_array(c.flow_id, t.name, n, guided) ORDER BY n DESC, t.name COLLATE "C", c.flow_id
           ) AS flows
    FROM cells c
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = c.flow_id
    GROUP BY c.domain
),
flow_counts AS ({FLOW_COUNTS})
SELECT d.*, coalesce(f.flow_count, 0) AS flow_count, {HOURS}
FROM domains d
LEFT JOIN flow_counts f ON f.domain = lower(d.domain)
ORDER BY d.n DESC, d.domain COLLATE "C"
""")


_ROWS_SQL = _sql(_ROWS)
_DAYS_SQL = _sql(f"{_ROWS} {summed('cell', *CELL_GROUP, *_SUMS)}", f"{GAPS},")


async def coverage(db: ReadDb, window: Window) -> Coverage:
    """The window's domains and their flows, in one statement."""
    rows = (await read(db, _DAYS_SQL, _ROWS_SQL, window)).all()
    has_hours = bool(rows) and history_in(rows[0].account_hours).has_hours(window.start, window.as_of)
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
            avg_resolution_minutes=_mean_minutes(row.seconds, row.timed),
            avg_resolution_working_minutes=_mean_minutes(row.worked, row.timed) if has_hours else None,
            n_timed=row.timed,
            n_unknown=row.resolved - row.timed,
            flows=[_cell(*cell) for cell in row.flows],
        )
        for row in rows
        if row.domain is not None
    ]
    return Coverage(
        **header(window, "coverage"),
        domains=domains,
        unmapped_session_count=sum(row.n for row in rows if row.domain is None),
        total_domains=len(domains),
    )


def _mean_minutes(seconds_: Any, n: int) -> float | None:
    return round(seconds_ / (60 * n), 1) if n else None


def _cell(flow_id: str | None, name: str | None, n: int, guided: int) -> FlowCell:
    return FlowCell(
        flow_id=flow_id,
        name=name,
        session_count=n,
        guided_rate=rate(guided, n),
        guided_rate_ci95=rate_ci95(guided, n),
    )
