"""From a figure to its rows: the page's n is the figure, who may see it, and the CSV of what is shown."""

import html
import re
from datetime import timedelta

import pytest

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.history import JANUARY, live_through

TABS = ("overview", "coverage", "flow-quality", "escalations", "load", "psa", "knowledge-gaps", "savings")
KINDS = ("sessions", "handoffs", "psa-posts", "time-entries", "proposals", "baselines", "flows")


def _links(page: str) -> list[tuple[int, str]]:
    """Each number of a page that leads to rows."""
    return [
        (int(n), html.unescape(href))
        for n, href in re.findall(r'class="count" data-n="(\d+)" href="([^"]+)"', page)
    ]


@pytest.mark.parametrize("tab", TABS)
def test_every_number_leads_to_as_many_rows(
    signed_in: SignedIn, company: Company, neighbour: Company, tab: str
) -> None:
    live_through(company)
    live_through(neighbour)
    browser = signed_in(Role.OWNER)
    found = _links(browser.get(f"/analytics/{tab}", params=JANUARY).text)
    assert found
    for place, (n, href) in enumerate(sorted(set(found))):
        if place % 50 == 0:
            browser = signed_in(Role.OWNER)
        page = browser.get(href)
        assert page.status_code == 200
        assert f'data-total="{n}"' in page.text, href


def test_a_period_leads_to_its_rows(signed_in: SignedIn, company: Company) -> None:
    company.add("ai_sessions", status="resolved")
    browser = signed_in(Role.OWNER)
    found = _links(browser.get("/analytics/overview?period=7d").text)
    assert found
    for n, href in set(found):
        assert f'data-total="{n}"' in browser.get(href).text


@pytest.mark.parametrize("tab", TABS)
def test_every_csv_answers(signed_in: SignedIn, company: Company, tab: str) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    page = html.unescape(browser.get(f"/analytics/{tab}", params=JANUARY).text)
    addresses = set(re.findall(r'href="(/api/[^"]+\.csv[^"]*)"', page))
    assert addresses
    for address in addresses:
        answer = browser.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", list(Role))
def test_who_may_see_rows(signed_in: SignedIn, kind: str, role: Role) -> None:
    is_open = kind in {"handoffs", "baselines"} and role is Role.ENGINEER
    allowed = role in {Role.TEAM_ADMIN, Role.OWNER} or is_open
    assert signed_in(role).get(f"/analytics/rows/{kind}").status_code == (200 if allowed else 403)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_their_csv_are_the_same(signed_in: SignedIn, company: Company, kind: str) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    page = html.unescape(browser.get(f"/analytics/rows/{kind}", params=JANUARY | {"limit": "200"}).text)
    [n] = re.findall(r'data-total="(\d+)"', page)
    [address] = re.findall(r'href="(/api/[^"]+\.csv[^"]*)"', page)
    lines = browser.get(address).text.splitlines()
    assert int(n) == len(lines) - 1 == page.count("<tr>") - 1 > 0


def test_a_stretch_says_how_much_of_it_was_working_time(signed_in: SignedIn, company: Company) -> None:
    [[opened]] = company.query("SELECT now() - interval '2 days'")
    resolved = {"status": "resolved", "created_at": opened, "resolved_at": opened + timedelta(hours=9)}
    # The second one began and ended within working hours.
    for work_seconds in (3600, 32400):
        company.add("ai_sessions", **resolved, work_seconds=work_seconds)
    page = signed_in(Role.OWNER).get("/analytics/rows/sessions").text.replace("\N{NO-BREAK SPACE}", " ")
    assert sorted(re.findall(r"<td[^>]*>(9 h.*?)</td>", page)) == [
        "9 h",
        '9 h<small class="d-block text-secondary">1 h in working hours</small>',
    ]


def test_the_title_says_which_rows(signed_in: SignedIn, company: Company) -> None:
    live_through(company)
    query = "status=resolved&status=escalated&domain=VPN+%26+co&tier=guided"
    page = signed_in(Role.OWNER).get(f"/analytics/rows/sessions?{query}").text
    title = "Sessions created in the window: resolved or escalated, domain VPN &amp; co, tier guided"
    assert f"<h1>{title}</h1>" in page


def test_a_flow_is_called_by_its_name(signed_in: SignedIn, company: Company) -> None:
    flow = company.add("trees", name="Outlook")
    company.add("ai_sessions", matched_flow_id=flow)
    browser = signed_in(Role.OWNER)
    assert "flow “Outlook”</h1>" in browser.get(f"/analytics/rows/sessions?flow_id={flow}").text
    assert "of one flow</h1>" in browser.get(f"/analytics/rows/sessions?flow_id={company.id}").text


def test_pages_lead_on_and_keep_what_was_asked(signed_in: SignedIn, company: Company) -> None:
    for day in range(1, 4):
        company.add("ai_sessions", status="resolved", created_at=f"2026-01-0{day} 08:00Z")
    browser = signed_in(Role.OWNER)
    href, seen = "/analytics/rows/sessions?status=resolved&limit=2&from=2026-01-01&to=2026-02-01", []
    while href:
        page = html.unescape(browser.get(href).text)
        assert 'data-total="3"' in page
        seen += re.findall(r'href="/sessions/([0-9a-f-]{36})"', page)
        href = next(iter(re.findall(r'href="(/analytics/rows/sessions\?[^"]*cursor=[^"]*)"', page)), "")
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("back", "shown"),
    [
        ("/analytics/overview?period=7d", "/analytics/overview?period=7d"),
        ("https://elsewhere.example", "/analytics"),
        ("//elsewhere.example", "/analytics"),
    ],
)
def test_the_way_back_stays_here(signed_in: SignedIn, back: str, shown: str) -> None:
    page = signed_in(Role.OWNER).get("/analytics/rows/sessions", params={"back": back}).text
    assert f'<a href="{html.escape(shown)}">' in page


def test_no_rows_say_what_to_do(signed_in: SignedIn) -> None:
    page = signed_in(Role.OWNER).get("/analytics/rows/sessions").text
    assert "No rows" in page
    assert "choose a longer period" in page


def test_an_invalid_filter_is_refused(signed_in: SignedIn) -> None:
    assert signed_in(Role.OWNER).get("/analytics/rows/sessions?tier=x").status_code == 422
    assert signed_in(Role.OWNER).get("/analytics/rows/nothing").status_code == 404


def test_the_way_back_leads_to_no_other_site(signed_in: SignedIn) -> None:
    page = signed_in(Role.OWNER).get("/analytics/rows/sessions", params={"back": "/\t/elsewhere.example"}).text
    assert "elsewhere.example" not in page
    assert 'href="/analytics"' in page
