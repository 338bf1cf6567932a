"""A ticket's number is a link, as its system shows it or as the account says, and without asking anybody."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.psa.provider import Ticket
from flowpilot.psa.tickets.links import TicketLinks, learned_template
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect

LINK = "/api/v1/psa/ticket-url"


@pytest.mark.parametrize(
    ("number", "url"),
    [
        ("4711", "https://desk.example/t/4711?x"),
        (" #4711", "https://desk.example/t/4711?x"),
        ("A/1 b", "https://desk.example/t/A%2F1%20b?x"),
        ("", None),
        (None, None),
    ],
)
def test_a_number_becomes_a_link(number: str | None, url: str | None) -> None:
    assert TicketLinks(template="https://desk.example/t/{ticket}?x", is_own=True).url(number) == url


def test_a_learned_link_takes_ids_alone() -> None:
    learned = TicketLinks(template="https://desk.example/t/{ticket}")
    assert learned.url("#4711") == "https://desk.example/t/4711"
    assert learned.url("T20260615.0042") is None


def test_without_a_template_it_is_a_number() -> None:
    assert TicketLinks().url("4711") is None


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("https://desk1.example/t/1", "https://desk1.example/t/{ticket}"),
        ("https://desk1.example/?id=1&x=y", "https://desk1.example/?id={ticket}&x=y"),
        ("https://desk1.example", None),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_it_is_learned_from_a_ticket(url: str | None, template: str | None) -> None:
    assert learned_template([Ticket("1", url, "Printer offline")]) == template


def test_a_check_learns_it(open_client: TestClient, company: Company, desk: Desk, connect: Connect) -> None:
    desk.shows["tickets"] = [{"id": "4711", "url": "https://desk.example/t/4711", "summary": "Printer"}]
    open_client.post(f"{CONNECTIONS}/{connect()['id']}/check", headers=company.headers())
    found = open_client.get(LINK, headers=company.headers()).json()
    assert found == {"template": "https://desk.example/t/{ticket}", "is_own": False}


def test_a_check_that_fails_leaves_it(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    desk.shows["tickets"] = [{"id": "4711", "url": "https://desk.example/t/4711", "summary": "Printer"}]
    path = f"{CONNECTIONS}/{connect()['id']}/check"
    open_client.post(path, headers=company.headers())
    desk.shows["rights"] = ["read tickets"]
    assert open_client.post(path, headers=company.headers()).json()["ok"] is False
    found = open_client.get(LINK, headers=company.headers()).json()
    assert found["template"] == "https://desk.example/t/{ticket}"


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_the_accounts_own_template_needs_no_connection(client: TestClient, company: Company, scheme: str) -> None:
    own = {"template": f"{scheme}://desk.example/tickets/{{ticket}}"}
    assert client.put(LINK, json=own, headers=company.headers()).status_code == 204
    assert client.get(LINK, headers=company.headers()).json() == own | {"is_own": True}
    assert client.put(LINK, json={"template": None}, headers=company.headers()).status_code == 204
    assert client.get(LINK, headers=company.headers()).json() == {"template": None, "is_own": False}


@pytest.mark.parametrize("template", ["https://desk.example/", "javascript:{ticket}", "https://{ticket}.example/"])
def test_a_template_that_is_no_address_is_refused(client: TestClient, company: Company, template: str) -> None:
    refused = client.put(LINK, json={"template": template}, headers=company.headers())
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["body.template"]
