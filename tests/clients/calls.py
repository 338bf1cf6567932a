"""Calls of the routes of clients, and what is in their tables."""

from typing import Any
from uuid import UUID

import httpx2
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS

CLIENTS = "/api/v1/clients"


def session_for(client: TestClient, company: Company, role: Role = Role.ENGINEER, **about: Any) -> dict[str, Any]:
    """A session that was started, for a client named in `about`."""
    body = {"problem_summary": "Something odd happens with my chair", **about}
    answer = client.post(SESSIONS, headers=company.headers(role), json=body)
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = answer.json()
    return started


def names(company: Company) -> set[tuple[UUID, str]]:
    """The clients by all their names."""
    return {(row[0], row[1]) for row in company.query("SELECT client_id, name FROM client_names")}


def send(
    client: TestClient, company: Company, method: str, path: str = "", role: Role = Role.TEAM_ADMIN, **body: Any
) -> httpx2.Response:
    """A request to the routes of clients: `send(client, company, "POST", name="Acme")`."""
    headers = company.headers(role)
    return client.request(method, f"{CLIENTS}{path}", headers=headers, json=body or None)
