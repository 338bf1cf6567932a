"""From a gap on its page to its sessions."""

import html
import re

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn

WINDOW = {"from": "2026-03-01", "to": "2026-04-01"}


def test_each_gap_leads_to_exactly_its_sessions(signed_in: SignedIn, company: Company) -> None:
    flow = company.add("trees", name="VPN")
    created = {"created_at": "2026-03-10T08:00Z"}
    for number in range(12):
        company.add("ai_sessions", status="escalated", problem_domain="email", **created)
        company.add("ai_sessions", matched_flow_id=flow, answer_count=3, free_text_count=2 + number % 2, **created)
        company.add("ai_sessions", status="resolved", confidence_tier="discovery", **created)
    for number in range(6):
        company.add("ai_sessions", problem_summary=f"Badge reader {number} is dead", **created)
    browser = signed_in(Role.OWNER)
    page = browser.get("/analytics/knowledge-gaps", params=WINDOW).text
    cards = re.findall(r'<section class="card gap-.*?</section>', page, re.DOTALL)
    found = {}
    for card in cards:
        [(n, href), *_] = re.findall(r'class="count" data-n="(\d+)" href="([^"]+)"', card)
        rows = browser.get(html.unescape(href)).text
        assert f'data-total="{n}"' in rows
        found[int(n)] = re.search(r"<title>(.*?)</title>", rows, re.DOTALL)
    assert sorted(found) == [6, 12]
    assert len(cards) == 4
