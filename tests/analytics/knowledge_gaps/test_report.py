"""Knowledge gaps: each signal at its edges."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.knowledge_gaps.schemas import Gap, KnowledgeGaps
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import wilson
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
IN_WINDOW = at("2026-06-10 08:00")


def _sessions(company: Company, n: int, **values: Any) -> None:
    row = {"status": "resolved", "created_at": IN_WINDOW, **values}
    with account_transaction(company.urls.runtime, company.id) as connection:
        columns = ["account_id", "id", *row]
        copy_rows(connection, "ai_sessions", columns, ([company.id, new_id(), *row.values()] for _ in range(n)))


async def _report(database: Database, company: Company) -> KnowledgeGaps:
    async with database.read(company.id) as db:
        return await knowledge_gaps(db, window(company.id, now=NOW, account_timezone="UTC"))


async def _gaps(database: Database, company: Company) -> list[Gap]:
    return (await _report(database, company)).gaps


def _edges(slug: str, whole: int) -> list[tuple[int, bool]]:
    """The last count that is not a gap, and the first that is."""
    threshold = METRICS[slug].threshold
    assert threshold is not None
    bounds = [wilson(part, whole) for part in range(whole + 1)]
    first = next(part for part, bound in enumerate(bounds) if bound is not None and bound[0] > threshold)
    return [(first - 1, False), (first, True)]


@pytest.mark.parametrize(("escalated", "is_gap"), _edges("gap_high_escalation", 40))
async def test_high_escalation(database: Database, company: Company, escalated: int, is_gap: bool) -> None:
    _sessions(company, escalated, problem_domain="email", status="requesting_escalation")
    _sessions(company, 40 - escalated, problem_domain="email", status="active")
    gaps = [gap for gap in await _gaps(database, company) if gap.gap_type == "high_escalation"]
    assert [gap.domain for gap in gaps] == ["email"] * is_gap
    if gaps:
        assert gaps[0].severity == "low"
        assert gaps[0].evidence["count"] == escalated
        assert gaps[0].evidence["n"] == 40


@pytest.mark.parametrize(("free_texts", "is_gap"), _edges("gap_weak_options", 100))
async def test_weak_options(database: Database, company: Company, free_texts: int, is_gap: bool) -> None:
    flow = company.add("trees", name="Printer is silent")
    _sessions(
        company, 1, matched_flow_id=flow, problem_domain="printing", answer_count=100, free_text_count=free_texts
    )
    gaps = [gap for gap in await _gaps(database, company) if gap.gap_type == "weak_options"]
    assert [gap.title for gap in gaps] == ["Offered options do not fit in the flow “Printer is silent”"] * is_gap


async def test_weak_options_of_a_domain_without_a_flow(database: Database, company: Company) -> None:
    _sessions(company, 10, problem_domain="vpn", answer_count=5, free_text_count=4)
    [gap] = [gap for gap in await _gaps(database, company) if gap.gap_type == "weak_options"]
    assert (gap.domain, gap.severity) == ("vpn", "high")


async def test_a_gap_names_the_lack_of_a_domain_once(database: Database, company: Company) -> None:
    _sessions(company, 30, confidence_tier="discovery")
    [gap] = [gap for gap in await _gaps(database, company) if gap.gap_type == "uncharted_territory"]
    assert gap.title == "Solved without a flow: sessions without a domain"
    assert gap.description == "30 of 30 resolved sessions without a domain were solved without any flow."


@pytest.mark.parametrize(("uncharted", "is_gap"), _edges("gap_uncharted_territory", 60))
async def test_uncharted_territory(database: Database, company: Company, uncharted: int, is_gap: bool) -> None:
    flow = company.add("trees", name="VPN")
    _sessions(company, uncharted, problem_domain="vpn", confidence_tier="discovery")
    _sessions(company, 30 - uncharted // 2, problem_domain="vpn", confidence_tier="guided", matched_flow_id=flow)
    rest = 60 - uncharted - (30 - uncharted // 2)
    _sessions(company, rest, problem_domain="vpn", confidence_tier="discovery", matched_flow_id=flow)
    _sessions(company, 50, problem_domain="vpn", confidence_tier="discovery", status="active")
    gaps = [gap for gap in await _gaps(database, company) if gap.gap_type == "uncharted_territory"]
    assert [gap.domain for gap in gaps] == ["vpn"] * is_gap


async def test_repeated_pattern(database: Database, company: Company) -> None:
    flow = company.add("trees", name="Scanner")
    for summary in ("The scanner is jammed again", "Scanner jammed", "Tray 3: scanner was jammed (3rd floor)"):
        _sessions(company, 2, problem_summary=summary, problem_domain="printing")
    _sessions(company, 9, problem_summary="scanner jammed", matched_flow_id=flow)
    for word in ("apple", "pear", "plum", "fig"):
        _sessions(company, 1, problem_summary=f"Something about a {word}")
    [gap] = [gap for gap in await _gaps(database, company) if gap.gap_type == "repeated_pattern"]
    assert (gap.evidence["phrase"], gap.evidence["words"]) == ("Scanner jammed", ["scanner", "jammed"])
    assert (gap.evidence["count"], gap.evidence["n"], gap.domain) == (6, 10, "printing")


async def test_three_sessions_never_make_a_gap(database: Database, company: Company) -> None:
    """Three cases are not evidence, no matter what they are."""
    words = {
        "problem_domain": "email",
        "problem_summary": "mailbox delegation broken",
        "confidence_tier": "discovery",
    }
    _sessions(company, 3, **words, answer_count=3, free_text_count=3)
    assert await _gaps(database, company) == []
    _sessions(company, 1, problem_domain="vpn", status="escalated")
    _sessions(company, 2, problem_domain="vpn", status="requesting_escalation")
    assert await _gaps(database, company) == []


async def test_neighbours_and_the_past_make_no_gap(
    database: Database, company: Company, neighbour: Company
) -> None:
    words = {"problem_domain": "email", "status": "escalated"}
    _sessions(neighbour, 50, **words)
    _sessions(company, 50, **words, created_at=NOW - timedelta(days=30, microseconds=1))
    assert await _gaps(database, company) == []
    _sessions(company, 50, **words, created_at=NOW - timedelta(days=30))
    assert [gap.gap_type for gap in await _gaps(database, company)] == ["high_escalation"]


async def test_the_worst_come_first(database: Database, company: Company) -> None:
    _sessions(company, 60, problem_domain="email", status="escalated")
    _sessions(company, 40, problem_domain="vpn", status="escalated")
    _sessions(company, 60, problem_domain="vpn", status="active")
    gaps = await _gaps(database, company)
    assert [(gap.domain, gap.severity) for gap in gaps] == [("email", "high"), ("vpn", "low")]


async def test_a_change_is_seen_at_once(database: Database, company: Company) -> None:
    _sessions(company, 12, problem_domain="email", status="escalated", problem_summary="mailbox delegation")
    assert await _gaps(database, company) != []
    company.query("UPDATE ai_sessions SET status = 'active', problem_summary = '' RETURNING id")
    assert await _gaps(database, company) == []


async def test_accounts_are_kept_apart(database: Database, company: Company, neighbour: Company) -> None:
    _sessions(company, 50, problem_domain="email", status="escalated")
    assert await _gaps(database, neighbour) == []


async def test_generated_at_is_when_it_was_found(database: Database, company: Company) -> None:
    report = await _report(database, company)
    assert isinstance(report.generated_at, datetime)
    assert report.generated_at == NOW
