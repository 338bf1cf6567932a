"""What escalations that say too little lead to, and what would have spared them, with n and intervals."""

from datetime import timedelta
from typing import Any

import pytest

from flowpilot.analytics.escalations.avoidable import AvoidableEscalations, avoidable_escalations
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")


def _handoff(company: Company, seconds: float | None = None, **values: Any) -> None:
    """A claimed handoff, whose claimant acted so long after the claim."""
    acted = None if seconds is None else DAY + timedelta(seconds=seconds)
    session = company.add("ai_sessions", matched_flow_id=values.pop("flow_id", None), created_at=DAY)
    moments = {"created_at": DAY, "claimed_at": DAY, "claimant_action_at": acted}
    company.add("session_handoffs", session_id=session, **moments, **values)


async def _report(database: Database, company: Company) -> AvoidableEscalations:
    async with database.read(company.id) as db:
        return await avoidable_escalations(db, window(company.id, now=NOW, account_timezone="UTC"))


async def test_the_groups_of_completeness(database: Database, company: Company, neighbour: Company) -> None:
    for share, seconds in ((0.14, 900), (0.43, None), (0.57, 300), (0.86, 200), (1.0, 60), (1, 80), (1.0, 100)):
        _handoff(company, seconds, snapshot={"completeness": share})
    _handoff(company, 5, snapshot={})
    _handoff(company, 5, snapshot={"completeness": "all"})
    _handoff(neighbour, 1, snapshot={"completeness": 1})
    found = await _report(database, company)
    groups = [
        (one.from_share, one.to_share, one.n, one.n_censored, one.median_seconds_to_claimant_action)
        for one in found.by_completeness
    ]
    assert groups == [(0, 0.5, 2, 1, 900), (0.5, 0.75, 1, 0, 300), (0.75, 1, 1, 0, 200), (1, 1, 3, 0, 80)]
    assert found.by_completeness[3].median_seconds_to_claimant_action_ci95 is None


async def test_without_handoffs_there_are_no_figures(database: Database, company: Company) -> None:
    found = await _report(database, company)
    assert (found.sent_back_rate.value, found.sent_back_rate.n, found.n_judged) == (None, 0, 0)
    assert [one.median_seconds_to_claimant_action for one in found.by_completeness] == [None] * 4
    assert (found.reasons, found.places) == ([], [])


async def test_the_share_sent_back(database: Database, company: Company, neighbour: Company) -> None:
    for outcome in ("sent_back", "returned", "resolved"):
        _handoff(company, outcome=outcome, closed_at=DAY + timedelta(hours=1))
    _handoff(company)
    _handoff(company, outcome="sent_back", closed_at=NOW + timedelta(hours=1))
    _handoff(neighbour, outcome="sent_back", closed_at=DAY)
    found = (await _report(database, company)).sent_back_rate
    assert (found.value, found.n, found.ci95) == (0.2, 5, rate_ci95(1, 5))


async def test_what_would_have_spared_them_by_step(
    database: Database, company: Company, neighbour: Company
) -> None:
    flow = company.add("trees", name="VPN")
    node = {"node": {"id": "router", "text": "Restart the router"}}
    for reason in ("A missing right", "A missing right", "The vendor", None):
        _handoff(company, flow_id=flow, snapshot=node, avoidable_reason=reason)
    _handoff(company, avoidable_reason="The vendor")
    _handoff(neighbour, avoidable_reason="Other")
    found = await _report(database, company)
    assert found.n_judged == 4
    assert [(one.reason, one.n, one.share, one.share_ci95) for one in found.reasons] == [
        ("A missing right", 2, 0.5, rate_ci95(2, 4)),
        ("The vendor", 2, 0.5, rate_ci95(2, 4)),
    ]
    places = [(one.flow, one.node, one.text, one.reason, one.n, one.n_of_node) for one in found.places]
    assert places == [
        ("VPN", "router", "Restart the router", "A missing right", 2, 4),
        ("VPN", "router", "Restart the router", "The vendor", 1, 4),
    ]
    assert (found.places[0].share_of_node, found.places[0].share_of_node_ci95) == (0.5, rate_ci95(2, 4))
