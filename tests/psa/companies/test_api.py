"""Companies of the ticket system: found there, and mapped to clients here by their names."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect

COMPANIES, MAPPED = "/api/v1/psa/companies", "/api/v1/clients/companies"


class Books:
    """The companies and the clients, as the company's owner sees them."""

    def __init__(self, client: TestClient, company: Company, connection_id: str) -> None:
        self.client, self.company, self.connection_id = client, company, connection_id

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(path, params=params, headers=self.company.headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def map(self, external_id: str, client_name: str | None, role: Role = Role.OWNER) -> httpx2.Response:
        body = {"external_id": external_id, "name": f"Company {external_id}", "client_name": client_name}
        said = {"connection_id": self.connection_id} | body
        return self.client.put(MAPPED, json=said, headers=self.company.headers(role))

    def mapped(self, **params: Any) -> dict[str, str]:
        return {one["external_id"]: one["client"]["name"] for one in self.get(MAPPED, **params)["items"]}


@pytest.fixture
def books(open_client: TestClient, company: Company, connect: Connect) -> Books:
    return Books(open_client, company, connect()["id"])


def test_companies_are_found_by_a_part_of_their_name_and_come_in_pages(books: Books, desk: Desk) -> None:
    desk.shows["companies"] = [{"id": str(n), "name": f"Company {n}"} for n in range(3)]
    first = books.get(COMPANIES, limit=2)
    assert first["connection_id"] == books.connection_id
    assert [one["id"] for one in first["items"]] == ["0", "1"]
    rest = books.get(COMPANIES, limit=2, cursor=first["next_cursor"])
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == (["2"], None)
    assert books.get(COMPANIES, q=" COMPANY 1")["items"] == [{"id": "1", "name": "Company 1"}]
    assert desk.asked == ["/companies"], "what was read a moment ago is not asked for again"


def test_a_company_is_mapped_by_a_name_an_alias_or_a_new_name(books: Books, company: Company) -> None:
    assert [
        books.map(one, name).status_code for one, name in (("1", "Acme"), ("2", " ACME "), ("3", "Globex"))
    ] == [
        204,
        204,
        204,
    ]
    assert books.mapped() == {"1": "Acme", "2": "Acme", "3": "Globex"}
    assert books.mapped(external_id=["2", "9"], connection_id=books.connection_id) == {"2": "Acme"}
    assert books.mapped(connection_id=str(new_id())) == {}
    assert company.query("SELECT count(*) FROM clients") == [(2,)]


def test_a_mapping_is_changed_and_removed_and_on_record(books: Books, company: Company) -> None:
    for name in ("Acme", "Globex", None, None):
        assert books.map("1", name).status_code == 204
    assert books.mapped() == {}
    query = "SELECT action FROM audit_log WHERE action LIKE 'client.company%%' ORDER BY id"
    assert company.query(query) == [
        ("client.company_mapped",),
        ("client.company_mapped",),
        ("client.company_removed",),
    ]


def test_engineers_map_nothing(books: Books) -> None:
    assert books.map("1", "Acme", Role.ENGINEER).status_code == 403


def test_a_connection_of_nobody_is_said(books: Books, company: Company) -> None:
    body = {"connection_id": str(new_id()), "external_id": "1", "client_name": "Acme"}
    assert books.client.put(MAPPED, json=body, headers=company.headers()).status_code == 404
    assert company.query("SELECT count(*) FROM clients") == [(0,)]


def test_an_unknown_cursor_is_refused(books: Books, company: Company) -> None:
    assert books.client.get(f"{COMPANIES}?cursor=x", headers=company.headers()).status_code == 422
