"""A page of analytics is narrowed by selects, which its address keeps; its numbers still lead to their rows."""

import html
import re

import pytest

from flowpilot.identity.actor import Role
from tests.analytics.dimensions.world import WINDOW, live_through
from tests.company import Company
from tests.web.analytics.test_rows import TABS, _links
from tests.web.conftest import SignedIn


@pytest.mark.parametrize("tab", TABS)
def test_every_number_of_a_narrowed_page_leads_to_as_many_rows(
    signed_in: SignedIn, company: Company, tab: str
) -> None:
    desk = live_through(company)
    asked = {"client_id": str(desk.clients["Acme"]), "person_id": str(company.users[Role.ENGINEER])}
    browser = signed_in(Role.OWNER)
    found = set(_links(browser.get(f"/analytics/{tab}", params=WINDOW | asked).text))
    assert found or tab in {"knowledge-gaps", "savings"}
    for n, href in sorted(found)[:40]:
        assert f'data-total="{n}"' in browser.get(href).text, href


def test_what_is_chosen_stays_from_tab_to_tab(signed_in: SignedIn, company: Company) -> None:
    desk = live_through(company)
    asked = {"client_id": str(desk.clients["Acme"]), "domain": "email", "priority": "high"}
    page = html.unescape(signed_in(Role.OWNER).get("/analytics/overview", params=WINDOW | asked).text)
    narrowed = f"client_id={desk.clients['Acme']}&domain=email&priority=high"
    assert f'href="/analytics/coverage?from=2026-01-01&to=2026-02-01&{narrowed}"' in page
    assert f'href="/analytics/overview?{narrowed}&period=7d"' in page
    assert 'href="/analytics/overview?from=2026-01-01&to=2026-02-01">Show everything' in page
    assert re.findall(r'<option value="[^"]+" selected>([^<]+)<', page) == ["Acme", "email", "High"]


def test_a_choice_that_is_not_offered_stays_chosen(signed_in: SignedIn, company: Company) -> None:
    flow = company.add("trees", name="Old one", deleted_at="2026-01-01T00:00Z")
    page = signed_in(Role.OWNER).get("/analytics/overview", params={"flow_id": str(flow), "domain": "none"}).text
    assert re.findall(r'<option value="[^"]+" selected>([^<]+)<', page) == ["none", "This flow"]


def test_an_empty_choice_narrows_nothing(signed_in: SignedIn) -> None:
    asked = dict.fromkeys(("client_id", "person_id", "domain", "flow_id", "priority"), "")
    page = signed_in(Role.OWNER).get("/analytics/overview", params=asked)
    assert (page.status_code, "Show everything" in page.text) == (200, False)


def test_people_are_offered_to_those_who_may_ask_for_them(signed_in: SignedIn, company: Company) -> None:
    assert 'name="person_id"' in signed_in(Role.TEAM_ADMIN).get("/analytics/escalations").text
    assert 'name="person_id"' not in signed_in(Role.ENGINEER).get("/analytics/escalations").text
    owner = signed_in(Role.OWNER)
    owner.patch("/api/v1/account", json={"reports_by_person": False}, headers=company.headers())
    assert 'name="person_id"' not in owner.get("/analytics/escalations").text
