"""Changing clients: names, aliases, notes, companies, and who may."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.clients.calls import CLIENTS, send, session_for
from tests.company import Company
from tests.sessions.flows import read

# The names of tests have to be the same in every process.
NOBODY = "01980000-0000-7000-8000-000000000000"


def _create(client: TestClient, company: Company, name: str, notes: str = "") -> dict[str, Any]:
    answer = send(client, company, "POST", role=Role.ENGINEER, name=name, notes=notes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_client_is_created_once_for_each_key(client: TestClient, company: Company) -> None:
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "once"}
    body = {"name": " Acme ", "notes": "Ask for Kim."}
    first, second = (client.post(CLIENTS, headers=headers, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    made = first.json()
    assert made == second.json() == client.get(f"{CLIENTS}/{made['id']}", headers=headers).json()
    assert (made["name"], made["notes"], made["aliases"], made["session_count"]) == ("Acme", "Ask for Kim.", [], 0)
    [entry] = company.query("SELECT action, target_type, target_id::text FROM audit_log WHERE action ~ '^client'")
    assert entry == ("client.created", "client", made["id"])


def test_a_name_that_is_taken_names_its_client(client: TestClient, company: Company) -> None:
    made = _create(client, company, "Acme")
    answer = send(client, company, "POST", name="ACME")
    assert (answer.status_code, answer.json()["client_id"]) == (409, made["id"])
    assert answer.json()["detail"] == (
        '"ACME" is the name of the client Acme. Choose another name, or merge the two clients.'
    )


def test_the_list_is_alphabetical_in_pages_and_finds_aliases(client: TestClient, company: Company) -> None:
    made = [_create(client, company, name) for name in ("globex", "Acme", "Initech", "acme north")]
    send(client, company, "POST", f"/{made[2]['id']}/aliases", name="Acme 50 % East").raise_for_status()
    headers = company.headers(Role.VIEWER)

    def page(**asked: Any) -> tuple[list[str], Any]:
        found = client.get(CLIENTS, headers=headers, params=asked).json()
        return [item["name"] for item in found["items"]], found["next_cursor"]

    first, cursor = page(limit=2)
    second, end = page(limit=2, cursor=cursor)
    assert (first, second, end) == (["Acme", "acme north"], ["globex", "Initech"], None)
    assert page(q="  ACME ") == (["Acme", "acme north", "Initech"], None)
    assert page(q="50 %") == (["Initech"], None)
    assert page(q="%") == (["Initech"], None)


def test_a_rename_reaches_all_sessions_and_the_old_name_still_finds_it(
    client: TestClient, company: Company
) -> None:
    session = session_for(client, company, client_name="Acme")
    answer = send(
        client, company, "PATCH", f"/{session['client']['id']}", name="Acme Holding", notes="Call first."
    )
    assert (answer.json()["name"], [alias["name"] for alias in answer.json()["aliases"]]) == (
        "Acme Holding",
        ["Acme"],
    )
    again = read(client, company, session["id"])
    assert (again["client_name"], again["client"]["name"], again["client_notes"]) == (
        "Acme Holding",
        "Acme Holding",
        "Call first.",
    )
    later = session_for(client, company, client_name="acme")
    assert later["client"] == again["client"]
    entries = "SELECT before, after FROM audit_log WHERE action = 'client.renamed'"
    assert company.query(entries) == [({"name": "Acme"}, {"name": "Acme Holding"})]


def test_who_changed_the_notes_of_a_client_is_on_record(client: TestClient, company: Company) -> None:
    made = _create(client, company, "Acme")
    for _ in range(2):
        send(client, company, "PATCH", f"/{made['id']}", notes="Call first.")
    entries = "SELECT target_id::text, before, after FROM audit_log WHERE action = 'client.notes_changed'"
    assert company.query(entries) == [(made["id"], None, None)]


def test_another_spelling_of_the_name_leaves_no_alias(client: TestClient, company: Company) -> None:
    made = _create(client, company, "acme")
    assert send(client, company, "PATCH", f"/{made['id']}", name="ACME").json()["aliases"] == []


def test_an_alias_finds_the_client_until_it_is_removed(client: TestClient, company: Company) -> None:
    made = _create(client, company, "Acme")
    path = f"/{made['id']}/aliases"
    [alias] = send(client, company, "POST", path, name="ACME Ltd.").json()["aliases"]
    assert send(client, company, "POST", path, name="acme ltd.").json()["aliases"] == [alias]
    assert session_for(client, company, client_name="Acme LTD.")["client"]["id"] == made["id"]
    assert send(client, company, "DELETE", f"{path}/{alias['id']}").json()["aliases"] == []
    assert send(client, company, "DELETE", f"{path}/{alias['id']}").status_code == 404
    assert session_for(client, company, client_name="Acme LTD.")["client"]["id"] != made["id"]


def test_a_clients_own_name_is_not_removed(client: TestClient, company: Company) -> None:
    made = _create(client, company, "Acme")
    [(own,)] = company.query("SELECT id FROM client_names")
    answer = send(client, company, "DELETE", f"/{made['id']}/aliases/{own}")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "own-name")


def test_a_company_of_the_ticket_system_is_one_client(client: TestClient, company: Company) -> None:
    connection = company.add(
        "psa_connections", provider="console", name="C", base_url="http://c", credentials_encrypted=b""
    )
    first, second = _create(client, company, "Acme"), _create(client, company, "Globex")
    body: dict[str, Any] = {"connection_id": str(connection), "external_id": "42", "name": "ACME Limited"}
    [mapped] = send(client, company, "PUT", f"/{first['id']}/companies", **body).json()["companies"]
    assert {key: mapped[key] for key in body} == body
    assert len(send(client, company, "PUT", f"/{second['id']}/companies", **body).json()["companies"]) == 1
    assert client.get(f"{CLIENTS}/{first['id']}", headers=company.headers()).json()["companies"] == []
    path = f"/{second['id']}/companies/{mapped['id']}"
    assert send(client, company, "DELETE", path).json()["companies"] == []
    assert send(client, company, "DELETE", path).status_code == 404


def test_a_company_needs_a_connection_of_the_account(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    theirs = neighbour.add(
        "psa_connections", provider="console", name="C", base_url="http://c", credentials_encrypted=b""
    )
    made = _create(client, company, "Acme")
    for connection_id in (theirs, new_id()):
        body: dict[str, Any] = {"connection_id": str(connection_id), "external_id": "42"}
        assert send(client, company, "PUT", f"/{made['id']}/companies", **body).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/{}", {"notes": "x"}),
        ("POST", "/{}/aliases", {"name": "x"}),
        ("POST", "/{}/merge", {"into": NOBODY}),
        ("PUT", "/{}/companies", {"connection_id": NOBODY, "external_id": "1"}),
        ("DELETE", f"/{{}}/aliases/{NOBODY}", {}),
        ("DELETE", f"/{{}}/companies/{NOBODY}", {}),
        ("POST", "/merges/{}/undo", {}),
    ],
)
def test_engineers_create_and_see_and_team_admins_manage(
    client: TestClient, company: Company, neighbour: Company, method: str, path: str, body: dict[str, Any]
) -> None:
    theirs = _create(client, neighbour, "Acme")["id"]
    assert send(client, company, method, path.format(theirs), Role.ENGINEER, **body).status_code == 403
    assert send(client, company, method, path.format(theirs), **body).status_code == 404


def test_viewers_see_clients_and_create_none(client: TestClient, company: Company) -> None:
    assert send(client, company, "POST", role=Role.VIEWER, name="Acme").status_code == 403
    assert client.get(CLIENTS, headers=company.headers(Role.VIEWER)).json() == {"items": [], "next_cursor": None}
