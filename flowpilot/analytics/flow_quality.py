"""Flow quality: how well each of the account's flows works, with its number of cases."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.analytics.summed.sources import GAPS, read, summed
from flowpilot.db.session import ReadDb

RECENCY_DAYS = 90
STALE = timedelta(days=30)
LOW_SUCCESS = 0.5
TOP = 5
# With fewer cases than this, a flow cannot be judged; clients show such flows apart.
FEW_CASES = 10


class FlowRow(BaseModel):
    """One flow. With `too_few_cases`, its rates say nothing yet."""

    flow_id: uuid.UUID
    name: str
    tree_type: str
    usage_count: int
    success_rate: float | None
    last_matched_at: datetime | None
    avg_confidence: float | None
    quality_score: float
    success_rate_ci95: Interval
    too_few_cases: bool
    days_since_match: float | None = Field(
        description="Since the last match ever, also before the window; null if there was none by `as_of`."
    )


class FlowQuality(Report):
    """The account's usable flows in the order that was asked for."""

    flows: list[FlowRow]
    top_performers: list[FlowRow]
    needs_attention: list[FlowRow]
    ranked: list[FlowRow] = Field(
        description=f"Flows with {FEW_CASES} cases or more, the highest lower end of `success_rate_ci95` first."
    )
    weak: list[FlowRow] = Field(
        description="Of those, flows that surely fail more often than not: the upper end is below 0.5."
    )
    stale: list[FlowRow] = Field(
        description="Flows whose last match ever is more than 30 days ago, whether used in the window or not; the"
        " longest first."
    )


def _sql(
    sessions: str = "", flows: str = "", before: str = "", used: str = "", every: str = "ai_sessions"
) -> TextClause:
    """The usable flows with their sessions of the window, narrowed by conditions on either.

    Or after parts that narrow these sessions, with more groups of them, and `every` session's own table.
    """
    return statement(f"""
    WITH {before} used AS (
        SELECT flow_id, sum(n)::bigint AS n, sum(resolved)::bigint AS resolved, sum(guided)::bigint AS guided
        FROM (
            SELECT matched_flow_id AS flow_id, count(*) AS n,
                   count(*) FILTER (WHERE status = 'resolved') AS resolved,
                   count(*) FILTER (WHERE confidence_tier = 'guided') AS guided
            FROM ai_sessions
            WHERE {CREATED_IN_WINDOW} AND matched_flow_id IS NOT NULL {sessions}
            GROUP BY matched_flow_id
            {used}
        ) parts
        GROUP BY flow_id
    )
    SELECT t.id, t.name, t.tree_type, coalesce(u.n, 0) AS n, u.resolved, u.guided, newest.created_at AS newest
    FROM trees t
    LEFT JOIN used u ON u.flow_id = t.id
    LEFT JOIN LATERAL (
        SELECT s.created_at FROM {every} s
        WHERE s.account_id = :account_id AND s.matched_flow_id = t.id AND s.created_at < :end
        ORDER BY s.created_at DESC LIMIT 1
    ) newest ON true
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL {flows}
    ORDER BY t.name COLLATE "C", t.id
    """)


_ALL_SQL = _sql()
_SUMS = ("flow_id", "n", "resolved", "guided")
_DAYS_SQL = _sql(
    before=f"{GAPS},",
    used=f"{summed('cell', *_SUMS, select=', '.join(_SUMS))} WHERE flow_id IS NOT NULL",
    every="public.ai_sessions",
)
_ONE_SQL = _sql("AND matched_flow_id = :flow_id", "AND t.id = :flow_id")


class FlowSort(StrEnum):
    """The order of the flows."""

    QUALITY = "quality"
    USAGE = "usage"
    SUCCESS_RATE = "success_rate"

    def key(self, flow: FlowRow) -> float:
        """The value to order by; a flow without one comes last."""
        match self:
            case FlowSort.QUALITY:
                return flow.quality_score
            case FlowSort.USAGE:
                return flow.usage_count
            case FlowSort.SUCCESS_RATE:
                return -1.0 if flow.success_rate is None else flow.success_rate


async def flow_quality(db: ReadDb, window: Window, sort: FlowSort = FlowSort.QUALITY) -> FlowQuality:
    """The account's usable flows in that order, ties by name, in one statement."""
    # Narrowed to one flow, the report has no other, rather than all of them as if they were unused.
    if window.only.flow_id is not None:
        values = {**window.parameters, "flow_id": window.only.flow_id}
        rows = (await db.execute(narrowed(_ONE_SQL, window.only), values)).all()
    else:
        rows = (await read(db, _DAYS_SQL, _ALL_SQL, window)).all()
    by_name = [_flow(row, window.as_of) for row in rows]
    flows = sorted(by_name, key=sort.key, reverse=True)
    used = [flow for flow in by_name if flow.usage_count]
    return FlowQuality(
        **header(window, "flow-quality"),
        flows=flows,
        top_performers=sorted(used, key=FlowSort.QUALITY.key, reverse=True)[:TOP],
        needs_attention=[flow for flow in flows if _needs_attention(flow, window.as_of)],
        **_ranking(by_name),
    )


def _ranking(flows: list[FlowRow]) -> dict[str, list[FlowRow]]:
    """The flows by what is sure of them, and those that nobody was led to for long; ties by name.

    A raw rate puts one success in one case first; the lower end of its interval is what it is at least. Source:
    Evan Miller (2009), How Not To Sort By Average Rating, for Wilson's interval.
    """
    judged = [
        (flow, *flow.success_rate_ci95) for flow in flows if flow.success_rate_ci95 and not flow.too_few_cases
    ]
    best = sorted(judged, key=lambda one: (-one[1], -one[2]))
    worst = sorted((one for one in judged if one[2] < LOW_SUCCESS), key=lambda one: one[2])
    old = [(flow, flow.days_since_match) for flow in flows if (flow.days_since_match or 0) > STALE.days]
    return {
        "ranked": [flow for flow, *_ in best],
        "weak": [flow for flow, *_ in worst],
        "stale": [flow for flow, _ in sorted(old, key=lambda one: -(one[1] or 0))],
    }


async def quality_of(db: ReadDb, window: Window, flow_id: uuid.UUID) -> FlowRow | None:
    """What the report says of one flow, in one statement that reads no other; None if it is not usable."""
    row = (
        await db.execute(narrowed(_ONE_SQL, window.only), {**window.parameters, "flow_id": flow_id})
    ).one_or_none()
    return None if row is None else _flow(row, window.as_of)


def _flow(row: Any, as_of: datetime) -> FlowRow:
    success = row.resolved / row.n if row.n else None
    guided = row.guided / row.n if row.n else None
    return FlowRow(
        flow_id=row.id,
        name=row.name,
        tree_type=row.tree_type,
        usage_count=row.n,
        success_rate=None if success is None else round(success, 4),
        success_rate_ci95=rate_ci95(row.resolved, row.n) if row.n else None,
        too_few_cases=row.n < FEW_CASES,
        last_matched_at=row.newest,
        days_since_match=_days_since(row.newest, as_of),
        avg_confidence=None if guided is None else round(guided, 4),
        quality_score=_quality(success, guided, row.newest, as_of),
    )


def _days_since(newest: datetime | None, as_of: datetime) -> float | None:
    return None if newest is None else round(max(0.0, (as_of - newest) / timedelta(days=1)), 1)


def _quality(success: float | None, guided: float | None, newest: datetime, as_of: datetime) -> float:
    if success is None or guided is None:
        return 0.0
    days = (as_of - newest).total_seconds() / 86400
    recency = min(1.0, max(0.0, 1 - days / RECENCY_DAYS))
    return round(0.5 * success + 0.3 * guided + 0.2 * recency, 4)


def _needs_attention(flow: FlowRow, as_of: datetime) -> bool:
    if flow.success_rate is None or flow.last_matched_at is None:
        return False
    return flow.success_rate < LOW_SUCCESS or as_of - flow.last_matched_at > STALE
