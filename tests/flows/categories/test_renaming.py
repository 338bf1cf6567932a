"""A category of the library is renamed: its flows stay in it."""

import uuid

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company

CATEGORIES = "/api/v1/flows/categories"


def _rename(client: TestClient, company: Company, category: uuid.UUID, name: str, role: Role = Role.OWNER) -> int:
    answer = client.patch(f"{CATEGORIES}/{category}", json={"name": name}, headers=company.headers(role))
    return answer.status_code


def test_it_has_the_new_name_and_the_audit_log_not_the_old_one(client: TestClient, company: Company) -> None:
    category = company.add("tree_categories", name="hunter2")
    assert _rename(client, company, category, "Printers") == 200
    assert client.get(f"{CATEGORIES}/{category}", headers=company.headers()).json()["name"] == "Printers"
    logged = "SELECT before, after FROM audit_log WHERE action = 'flow_category.renamed'"
    assert company.query(logged) == [(None, {"name": "Printers"})]


def test_no_two_have_the_same_name(client: TestClient, company: Company) -> None:
    first, second = company.add("tree_categories", name="Printers"), company.add("tree_categories", name="Mail")
    assert _rename(client, company, second, "PRINTERS") == 422
    assert _rename(client, company, first, "PRINTERS") == 200


def test_only_who_manages_flows_renames_one_and_no_neighbour(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    category = company.add("tree_categories", name="Printers")
    assert _rename(client, company, category, "Mail", Role.ENGINEER) == 403
    assert _rename(client, neighbour, category, "Mail") == 404
