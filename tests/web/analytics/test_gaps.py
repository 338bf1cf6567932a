"""From a gap on its page to its sessions."""

import html
import re

import httpx2
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import start, take
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

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


def _make_a_draft(browser: TestClient) -> httpx2.Response:
    page = browser.get("/analytics/knowledge-gaps")
    [form] = [form for form in forms_of(page.text) if form.action.startswith("/proposals/from-rows?")]
    return send(browser, page, form.action)


def test_from_a_gap_to_its_flow_in_two_presses(signed_in: SignedIn, client: TestClient, company: Company) -> None:
    for _ in range(6):
        session_id = start(client, company, problem_summary="Badge reader is dead")["id"]
        take(client, company, session_id, free_text="Changed the battery")
    browser = signed_in(Role.TEAM_ADMIN)
    proposal = _make_a_draft(browser)
    assert "Merged from what they did." in proposal.text
    at = proposal.url.path
    assert _make_a_draft(browser).url.path == at
    assert "New sessions follow it." in send(browser, at, "/approve").text
    gaps = browser.get("/analytics/knowledge-gaps").text
    [href] = re.findall(r'href="(/analytics/rows/sessions/outcomes[^"]+)"', gaps)
    outcome = browser.get(html.unescape(href)).text
    for said in ("Proposals hold 6 of 6 sessions.", "Approved", "Too early to tell"):
        assert said in outcome, said
    [flow] = client.get("/api/v1/flows", headers=company.headers()).json()["items"]
    assert flow["name"] == "Badge reader is dead"
