"""Flows are ranked by what is sure of them, and stale by their last match ever."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from flowpilot.analytics.flow_quality import FlowQuality, FlowRow, flow_quality
from flowpilot.analytics.period import window
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")


def _flow(company: Company, name: str, resolved: int, other: int = 0, when: datetime = DAY) -> UUID:
    flow_id = company.add("trees", name=name)
    for number in range(resolved + other):
        status = "resolved" if number < resolved else "escalated"
        company.add("ai_sessions", matched_flow_id=flow_id, status=status, created_at=when)
    return flow_id


async def _report(database: Database, company: Company, period_days: int = 30) -> FlowQuality:
    start = (NOW - timedelta(days=period_days)).isoformat()
    asked = window(company.id, now=NOW, account_timezone="UTC", from_=start, to=NOW.isoformat())
    async with database.read(company.id) as db:
        return await flow_quality(db, asked)


def _names(flows: list[FlowRow]) -> list[str]:
    return [flow.name for flow in flows]


async def test_luck_is_not_ranked_before_evidence(database: Database, company: Company) -> None:
    """Ten of ten are at least 72 %, forty of forty-two 84 %; nine of nine are too few to say."""
    _flow(company, "ten of ten", 10)
    _flow(company, "forty of 42", 40, 2)
    _flow(company, "nine of nine", 9)
    report = await _report(database, company)
    assert _names(report.ranked) == ["forty of 42", "ten of ten"]
    # The contract's top performers go by the score.
    assert set(_names(report.top_performers)) == {"ten of ten", "nine of nine", "forty of 42"}


async def test_a_flow_is_weak_only_if_that_is_sure(database: Database, company: Company) -> None:
    _flow(company, "4 of 10", 4, 6)
    _flow(company, "1 of 10", 1, 9)
    _flow(company, "0 of 10", 0, 10)
    _flow(company, "0 of 9", 0, 9)
    report = await _report(database, company)
    assert _names(report.weak) == ["0 of 10", "1 of 10"]
    assert len(report.needs_attention) == 4


async def test_staleness_counts_from_the_last_match_ever(database: Database, company: Company) -> None:
    """The contract's list has only flows that were used in the window."""
    _flow(company, "long ago", 1, when=NOW - timedelta(days=200))
    _flow(company, "a while ago", 1, when=NOW - timedelta(days=30, hours=3))
    _flow(company, "lately", 1, when=NOW - timedelta(days=30))
    _flow(company, "never", 0)
    report = await _report(database, company, period_days=7)
    assert _names(report.stale) == ["long ago", "a while ago"]
    assert report.needs_attention == []
    assert {flow.name: flow.days_since_match for flow in report.flows} == {
        "long ago": 200,
        "a while ago": 30.1,
        "lately": 30,
        "never": None,
    }
