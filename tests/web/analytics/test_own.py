"""The page of one's own figures."""

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn

WINDOW = {"from": "2026-01-01", "to": "2026-02-01"}


def test_nobody_reads_the_figures_of_another(signed_in: SignedIn, company: Company) -> None:
    company.add("ai_sessions", user_id=company.users[Role.ENGINEER], created_at="2026-01-02 08:00Z")
    assert "Nothing of yours in this window" in signed_in(Role.OWNER).get("/analytics/me", params=WINDOW).text
    assert signed_in(Role.VIEWER).get("/analytics/me").status_code == 403


def test_an_engineer_reads_their_figures(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    newest = "SELECT user_id FROM memberships WHERE account_id = %s ORDER BY created_at DESC, user_id DESC LIMIT 1"
    [[user]] = company.query(newest, company.id)
    company.add("ai_sessions", user_id=user, created_at="2026-01-02 08:00Z")
    page = browser.get("/analytics/me", params=WINDOW).text
    assert "My time to resolution" in page
    assert "0 resolved, 0 escalated, 0 abandoned, 1 open" in page
    assert 'name="person_id"' not in page
