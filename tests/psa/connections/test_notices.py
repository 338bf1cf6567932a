"""A revoked credential is one notice to those who can enter another, until postings go on."""

from typing import Any

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect


def _notices(client: TestClient, company: Company, role: Role = Role.TEAM_ADMIN) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/notifications", headers=company.headers(role)).json()[
        "items"
    ]
    return items


def test_it_is_said_once_and_settled_by_new_credentials(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    desk.token = "another"
    for _ in range(2):
        open_client.get("/api/v1/psa/tickets", headers=company.headers())
    (notice,) = _notices(open_client, company)
    assert (notice["kind"], notice["path"]) == ("ticket_system_refuses", "/settings/ticket-system")
    assert "does not accept the credentials" in notice["text"]
    assert _notices(open_client, company, Role.ENGINEER) == []
    open_client.patch(path, json={"credentials": {"token": "another"}}, headers=company.headers())
    assert [one["settled"] for one in _notices(open_client, company)] == ["The problem is over."]


def test_a_removed_connection_asks_for_nothing(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    desk.token = "another"
    open_client.get("/api/v1/psa/tickets", headers=company.headers())
    open_client.delete(path, headers=company.headers())
    assert [one["settled"] for one in _notices(open_client, company)] == ["The problem is over."]
