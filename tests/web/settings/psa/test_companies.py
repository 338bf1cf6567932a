"""Companies of the ticket system are mapped to clients on a page of the settings."""

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect
from tests.web.forms import send

HERE = "/settings/ticket-system/companies"


@pytest.fixture(autouse=True)
def connected(desk: Desk, connect: Connect) -> None:
    desk.shows["companies"] = [{"id": "19", "name": "Acme Ltd."}, {"id": "20", "name": "Globex <Inc>"}]
    connect()


def test_companies_come_after_the_page(browser: TestClient, desk: Desk) -> None:
    assert f'hx-get="{HERE}/found?q=acme"' in browser.get(HERE, params={"q": "acme"}).text
    assert desk.asked == []
    found = browser.get(f"{HERE}/found?q=acme", headers={"HX-Request": "true"}).text
    assert "Acme Ltd." in found
    assert "Globex" not in found
    assert "<html" not in found


def test_a_company_is_mapped_by_hand_and_unmapped(browser: TestClient, company: Company) -> None:
    at = f"{HERE}/found?q=acme"
    send(browser, at, "/companies", client_name="Acme")
    assert company.query("SELECT external_id, name FROM client_companies") == [("19", "Acme Ltd.")]
    assert 'value="Acme"' in browser.get(at).text
    send(browser, at, "/companies", client_name="")
    assert company.query("SELECT external_id FROM client_companies") == []


def test_a_client_leads_to_the_companies_that_are_called_alike(browser: TestClient) -> None:
    page = send(browser, "/clients", "/clients", name="Globex & co").text
    assert f'href="{HERE}?q=Globex+%26+co"' in page.replace("%20", "+")


def test_a_ticket_system_that_is_down_is_said(browser: TestClient, desk: Desk) -> None:
    desk.token = "another"
    assert "does not accept the credentials" in browser.get(f"{HERE}/found").text
