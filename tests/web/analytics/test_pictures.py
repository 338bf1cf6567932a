"""The pages of savings and flow quality with enough cases to say something."""

import html
import json
import re
from datetime import timedelta

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn


def test_savings_are_shown_by_both_clocks_with_both_distributions(signed_in: SignedIn, company: Company) -> None:
    [[now]] = company.query("SELECT now() - interval '2 days'")
    session = company.add("ai_sessions", created_at=now)
    for number in range(50):
        company.add(
            "handoff_baselines",
            seconds=600 + 30 * (number % 5),
            method="stopwatch",
            measured_by="01900000-0000-7000-8000-000000000001",
            created_at=now,
        )
        claimed = now + timedelta(minutes=1)
        company.add(
            "session_handoffs",
            session_id=session,
            created_at=now,
            claimed_at=claimed,
            claimant_action_at=claimed + timedelta(seconds=60 + 10 * (number % 5)),
        )
    page = html.unescape(signed_in(Role.OWNER).get("/analytics/savings").text)
    assert page.count('<span class="badge tone-green">most start faster</span>') == 2
    assert "100.0\u00a0%" in page
    assert "h per month (95 %:" in page
    [spec] = [json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    names = [spec["name"], *(one["name"] for one in spec["more"])]
    assert names == ["Verbal", "In the product, from the handoff", "In the product, from the claim"]


def test_without_a_median_there_is_a_table_and_no_chart(signed_in: SignedIn, company: Company) -> None:
    company.add("ai_sessions")
    page = signed_in(Role.OWNER).get("/analytics/overview").text
    opened = page.split('id="card-opened"')[1].split("</section>")[0]
    assert "not reached" in opened
    assert "data-library" not in opened


def test_flows_are_ranked_by_what_they_resolve_at_least(signed_in: SignedIn, company: Company) -> None:
    [[now]] = company.query("SELECT now() - interval '2 days'")
    for name, resolved in (("Ten of ten", 10), ("Forty of forty", 40), ("Two of two", 2)):
        flow_id = company.add("trees", name=name)
        for _ in range(resolved):
            company.add("ai_sessions", matched_flow_id=flow_id, status="resolved", created_at=now)
    page = signed_in(Role.OWNER).get("/analytics/flow-quality").text
    top = page.split('id="card-top"')[1].split("</section>")[0]
    assert re.findall(r"(\w+ of \w+)</a>", top) == ["Forty of forty", "Ten of ten"]
    assert "Resolves at least" in page
