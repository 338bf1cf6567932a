"""Coverage by flow: the sessions of each domain by the flow that they were matched to."""

import pytest

from flowpilot.analytics.coverage import Coverage, coverage
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")


async def _report(database: Database, company: Company) -> Coverage:
    async with database.read(company.id) as db:
        return await coverage(db, window(company.id, now=NOW, account_timezone="UTC"))


async def test_a_domains_sessions_by_flow(database: Database, company: Company) -> None:
    outlook, retired = (
        company.add("trees", name="Outlook"),
        company.add("trees", name="Mailbox", is_active=False, deleted_at=DAY),
    )
    company.add("trees", name="Never matched")
    for flow, tier in ((outlook, "guided"), (outlook, "guided"), (outlook, "exploring"), (None, "discovery")):
        company.add(
            "ai_sessions", problem_domain="email", matched_flow_id=flow, confidence_tier=tier, created_at=DAY
        )
    company.add("ai_sessions", problem_domain="email", matched_flow_id=retired, created_at=DAY)
    company.add("ai_sessions", problem_domain="vpn", matched_flow_id=outlook, created_at=DAY)
    company.add("ai_sessions", problem_domain=None, matched_flow_id=outlook, created_at=DAY)
    company.add("ai_sessions", problem_domain="email", matched_flow_id=outlook, created_at=at("2026-01-01 08:00"))
    report = await _report(database, company)
    email, vpn = report.domains
    # Equal ones by name; the sessions without a flow have none and come last.
    assert [cell.model_dump() for cell in email.flows] == [
        {
            "flow_id": outlook,
            "name": "Outlook",
            "session_count": 3,
            "guided_rate": 0.6667,
            "guided_rate_ci95": rate_ci95(2, 3),
        },
        {
            "flow_id": retired,
            "name": "Mailbox",
            "session_count": 1,
            "guided_rate": 0,
            "guided_rate_ci95": rate_ci95(0, 1),
        },
        {
            "flow_id": None,
            "name": None,
            "session_count": 1,
            "guided_rate": 0,
            "guided_rate_ci95": rate_ci95(0, 1),
        },
    ]
    assert [(cell.flow_id, cell.session_count) for cell in vpn.flows] == [(outlook, 1)]
    assert (email.session_count, vpn.session_count, report.unmapped_session_count) == (5, 1, 1)


async def test_flows_with_one_name_are_separate(database: Database, company: Company) -> None:
    flows = sorted(company.add("trees", name="Outlook") for _ in range(2))
    for flow in flows:
        company.add("ai_sessions", problem_domain="email", matched_flow_id=flow, created_at=DAY)
    [email] = (await _report(database, company)).domains
    assert [cell.flow_id for cell in email.flows] == flows


async def test_a_neighbours_sessions_make_no_domain(
    database: Database, company: Company, neighbour: Company
) -> None:
    flow = neighbour.add("trees", name="Outlook")
    neighbour.add("ai_sessions", problem_domain="email", matched_flow_id=flow, created_at=DAY)
    assert (await _report(database, company)).domains == []
    assert len((await _report(database, neighbour)).domains) == 1
