"""Drafts that are asked for where a figure is shown."""

import html

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.knowledge.proposals.loop import handed_over
from tests.sessions.flows import publish_printer_flow, start, take
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

pytestmark = pytest.mark.anyio


async def test_the_report_of_escalations_leads_to_the_difference(
    signed_in: SignedIn, client: TestClient, company: Company
) -> None:
    publish_printer_flow(client, company)
    handed_over(client, company, "Replaced the fuser unit")
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get("/analytics/escalations")
    [form] = [form for form in forms_of(page.text) if form.action.startswith("/proposals/from-rows?")]
    shown = html.unescape(send(browser, page, form.action).text)
    assert "Merged from what they did." in shown
    assert "What it changes" in shown


async def test_of_a_gap_the_sessions_that_are_alike(
    signed_in: SignedIn, client: TestClient, company: Company
) -> None:
    for problem in ("Badge reader is dead", "Badge reader is dead", "Projector shows only green"):
        session_id = start(client, company, problem_summary=problem)["id"]
        take(client, company, session_id, free_text="Changed the battery")
    page = signed_in(Role.TEAM_ADMIN).post("/proposals/from-rows?without_flow=true")
    assert "Merged from what they did. Left out, with other problems: 1 session." in page.text
    assert "2 sessions" in page.text
