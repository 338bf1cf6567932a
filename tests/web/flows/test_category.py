"""The page of a category: a person who manages flows renames it, and others read who can."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import send


def test_a_category_is_renamed_where_a_removal_links_to(company: Company, signed_in: SignedIn) -> None:
    page = f"/flows/categories/{company.add('tree_categories', name='hunter2')}"
    done = send(signed_in(Role.OWNER), page, page, name="Printers & scanners")
    assert "Saved." in done.text
    assert "/flows?category=Printers+%26+scanners" in done.text


def test_who_does_not_manage_flows_is_offered_nothing(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    page = f"/flows/categories/{company.add('tree_categories', name='hunter2')}"
    html = signed_in(Role.ENGINEER).get(page).text
    assert ("Ask a team admin to rename it." in html, 'name="name"' in html) == (True, False)
