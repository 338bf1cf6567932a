"""Connections: who may make and change them, and what is never shown."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.psa.desk import TOKEN, Desk
from tests.psa.fixtures import CONNECTIONS, Connect

CONSOLE = {"provider": "console", "name": "Desk", "base_url": "https://8.8.8.8/"}


def _list(client: TestClient, company: Company) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(CONNECTIONS, headers=company.headers()).json()["items"]
    return items


def test_a_connection_shows_all_but_its_credentials(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    made = connect()
    assert made == {
        "id": made["id"],
        "provider": "redmine",
        "name": "Small desk",
        "base_url": desk.url,
        "settings": {"books_travel": False, "sign_in_url": ""},
        "checked_at": None,
        "check": None,
        "paused_at": None,
        "pause_kind": None,
        "rests_until": None,
        "trouble": None,
        "created_by": str(company.users[Role.OWNER]),
        "created_at": made["created_at"],
        "removed_at": None,
    }
    assert _list(open_client, company) == [made]


def test_each_wrong_field_is_named(open_client: TestClient, company: Company, desk: Desk) -> None:
    body = {"provider": "redmine", "name": "Desk", "base_url": desk.url, "credentials": {"tokn": TOKEN}}
    answer = open_client.post(CONNECTIONS, json=body, headers=company.headers())
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [
        "body.credentials.token",
        "body.credentials.tokn",
    ]
    assert TOKEN not in answer.text
    good = body | {"credentials": {"token": TOKEN}, "settings": {"books_travel": "perhaps"}}
    answer = open_client.post(CONNECTIONS, json=good, headers=company.headers())
    assert [error["field"] for error in answer.json()["errors"]] == ["body.settings.books_travel"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://127.0.0.1/x", "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"),
        ("http://localhost:8080", "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"),
        ("http://8.8.8.8", "Use https://"),
        ("desk.example", "beginning with https://"),
        ("https://8.8.8.8/?key=x", "question mark"),
        ("https://jo:secret@8.8.8.8/", "Remove them"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_field(
    client: TestClient, company: Company, address: str, words: str
) -> None:
    answer = client.post(CONNECTIONS, json=CONSOLE | {"base_url": address}, headers=company.headers())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "body.base_url"
    assert words in error["message"]


def test_an_account_has_one_connection(client: TestClient, company: Company) -> None:
    first = client.post(CONNECTIONS, json=CONSOLE, headers=company.headers())
    assert (first.status_code, first.json()["base_url"]) == (201, "https://8.8.8.8")
    second = client.post(CONNECTIONS, json=CONSOLE, headers=company.headers())
    assert second.status_code == 409
    assert "already connected to Desk" in second.json()["detail"]


def test_a_removed_connection_stays_on_record_without_its_credentials(
    client: TestClient, company: Company
) -> None:
    made = client.post(CONNECTIONS, json=CONSOLE, headers=company.headers()).json()
    path = f"{CONNECTIONS}/{made['id']}"
    assert client.delete(path, headers=company.headers()).status_code == 204
    assert [one["removed_at"] is None for one in _list(client, company)] == [False]
    assert company.query("SELECT credentials_encrypted FROM psa_connections") == [(b"",)]
    assert client.delete(path, headers=company.headers()).status_code == 404
    assert client.post(CONNECTIONS, json=CONSOLE, headers=company.headers()).status_code == 201


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_connections_are_for_those_who_manage_the_account(
    client: TestClient, company: Company, role: Role
) -> None:
    path = f"{CONNECTIONS}/{new_id()}"
    headers = company.headers(role)
    answers = [
        client.get(CONNECTIONS, headers=headers),
        client.post(CONNECTIONS, json=CONSOLE, headers=headers),
        client.patch(path, json={}, headers=headers),
        client.post(f"{path}/check", headers=headers),
        client.post(f"{path}/pause", headers=headers),
        client.delete(path, headers=headers),
        client.get("/api/v1/psa/members", headers=headers),
        client.get("/api/v1/psa/boards", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)


def test_a_neighbours_connection_is_not_there(client: TestClient, company: Company, neighbour: Company) -> None:
    made = client.post(CONNECTIONS, json=CONSOLE, headers=neighbour.headers()).json()
    path = f"{CONNECTIONS}/{made['id']}"
    assert client.patch(path, json={"name": "Mine"}, headers=company.headers()).status_code == 404
    assert client.post(f"{path}/check", headers=company.headers()).status_code == 404
    assert _list(client, company) == []


def test_stored_credentials_are_not_sent_to_another_address(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    elsewhere: list[dict[str, Any]] = [
        {"base_url": f"http://127.0.0.2:{desk.port}"},
        {"settings": {"sign_in_url": "https://elsewhere.example/"}},
    ]
    for change in elsewhere:
        refused = open_client.patch(path, json=change, headers=company.headers())
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["body.credentials"]
    renamed = open_client.patch(path, json={"name": "Other", "base_url": desk.url}, headers=company.headers())
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Other")
    again = elsewhere[0] | {"credentials": {"token": "another"}}
    moved = open_client.patch(path, json=again, headers=company.headers())
    assert (moved.status_code, moved.json()["base_url"]) == (200, elsewhere[0]["base_url"])


def test_a_connection_is_paused_and_resumed(client: TestClient, company: Company) -> None:
    path = f"{CONNECTIONS}/{client.post(CONNECTIONS, json=CONSOLE, headers=company.headers()).json()['id']}"
    paused = client.post(f"{path}/pause", headers=company.headers()).json()
    assert (paused["pause_kind"], paused["paused_at"] is None) == ("by_hand", False)
    assert client.post(f"{path}/pause", headers=company.headers()).json() == paused
    resumed = client.post(f"{path}/resume", headers=company.headers()).json()
    assert (resumed["pause_kind"], resumed["paused_at"]) == (None, None)
    actions = company.query("SELECT action FROM audit_log WHERE action LIKE 'psa%%' ORDER BY id")
    assert actions == [
        ("psa_connection.connected",),
        ("psa_connection.paused",),
        ("psa_connection.resumed",),
    ]


def test_every_ticket_system_says_what_it_needs(client: TestClient, company: Company, desk: Desk) -> None:
    kinds = client.get("/api/v1/psa/providers", headers=company.headers()).json()
    small = next(kind for kind in kinds if kind["provider"] == "redmine")
    assert small["credentials"]["properties"]["token"]["title"] == "Token"
    assert small["credentials"]["required"] == ["token"]
