"""Merging clients, and undoing it."""

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clients.finding import find_or_create
from flowpilot.clients.merging import merge
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions.starting import NewSession, start
from tests.clients.calls import CLIENTS, send, session_for
from tests.company import Company
from tests.sessions.flows import SESSIONS, read


def _merge(client: TestClient, company: Company, client_id: str, into: str) -> dict[str, Any]:
    answer = send(client, company, "POST", f"/{client_id}/merge", into=into)
    assert answer.status_code == 200, answer.text
    merged: dict[str, Any] = answer.json()
    return merged


def _whose(client: TestClient, company: Company, *sessions: dict[str, Any]) -> list[str]:
    return [read(client, company, session["id"])["client"]["name"] for session in sessions]


def test_a_merge_moves_sessions_names_and_companies(client: TestClient, company: Company) -> None:
    old, new = (session_for(client, company, client_name=name) for name in ("Acme", "ACME Ltd."))
    merged = _merge(client, company, old["client"]["id"], new["client"]["id"])
    assert (merged["id"], merged["session_count"]) == (new["client"]["id"], 2)
    assert [alias["name"] for alias in merged["aliases"]] == ["Acme"]
    [one] = merged["merges"]
    assert (one["client"]["name"], one["session_count"]) == ("Acme", 1)
    assert _whose(client, company, old, new) == ["ACME Ltd.", "ACME Ltd."]
    assert session_for(client, company, client_name="acme")["client"] == new["client"]
    assert session_for(client, company, client_id=old["client"]["id"])["client"] == new["client"]
    items = client.get(CLIENTS, headers=company.headers()).json()["items"]
    assert [item["name"] for item in items] == ["ACME Ltd."]
    gone = client.get(f"{CLIENTS}/{old['client']['id']}", headers=company.headers()).json()
    assert (gone["merged_into"], gone["session_count"]) == (new["client"], 0)


def test_an_undo_gives_back_exactly_the_sessions_that_the_merge_moved(
    client: TestClient, company: Company
) -> None:
    first, second, third = (session_for(client, company, client_name="Acme") for _ in range(3))
    stays = session_for(client, company, client_name="ACME Ltd.")
    send(client, company, "POST", f"/{first['client']['id']}/aliases", name="Acme & Sons").raise_for_status()
    merged = _merge(client, company, first["client"]["id"], stays["client"]["id"])
    later = session_for(client, company, client_name="Acme")
    elsewhere = {"client_name": "Globex"}
    client.patch(f"{SESSIONS}/{second['id']}", headers=company.headers(), json=elsewhere).raise_for_status()

    undone = send(client, company, "POST", f"/merges/{merged['merges'][0]['id']}/undo").json()

    assert (undone["session_count"], undone["client"]["id"]) == (2, first["client"]["id"])
    assert (undone["client"]["name"], undone["client"]["merged_into"]) == ("Acme", None)
    assert [alias["name"] for alias in undone["client"]["aliases"]] == ["Acme & Sons"]
    everything = first, second, third, stays, later
    assert _whose(client, company, *everything) == ["Acme", "Globex", "Acme", "ACME Ltd.", "ACME Ltd."]
    assert session_for(client, company, client_name="acme & sons")["client"] == first["client"]
    into = client.get(f"{CLIENTS}/{stays['client']['id']}", headers=company.headers()).json()
    assert (into["aliases"], into["merges"], into["session_count"]) == ([], [], 2)
    entries = "SELECT action, after FROM audit_log WHERE action ~ 'merge' ORDER BY at, id"
    assert company.query(entries) == [
        ("client.merged", {"name": "ACME Ltd.", "sessions": 3}),
        ("client.merge_undone", {"name": "Acme", "sessions": 2}),
    ]


def test_a_company_goes_back_with_an_undo(client: TestClient, company: Company) -> None:
    connection = company.add(
        "psa_connections", provider="console", name="C", base_url="http://c", credentials_encrypted=b""
    )
    old, new = (session_for(client, company, client_name=name)["client"]["id"] for name in ("Acme", "Globex"))
    body: dict[str, Any] = {"connection_id": str(connection), "external_id": "42"}
    send(client, company, "PUT", f"/{old}/companies", **body).raise_for_status()
    merged = _merge(client, company, old, new)
    assert [one["external_id"] for one in merged["companies"]] == ["42"]
    undone = send(client, company, "POST", f"/merges/{merged['merges'][0]['id']}/undo").json()
    assert [one["external_id"] for one in undone["client"]["companies"]] == ["42"]


def test_what_cannot_be_merged_says_why(client: TestClient, company: Company) -> None:
    one, two, three = (session_for(client, company, client_name=name)["client"]["id"] for name in "ABC")
    assert send(client, company, "POST", f"/{one}/merge", into=one).status_code == 422
    merged = _merge(client, company, one, two)["merges"][0]["id"]
    again = send(client, company, "POST", f"/{one}/merge", into=three)
    assert (again.status_code, again.json()["into_id"]) == (409, two)
    assert send(client, company, "POST", f"/{three}/merge", into=one).status_code == 409
    further = _merge(client, company, two, three)["merges"][0]["id"]
    undo = send(client, company, "POST", f"/merges/{merged}/undo")
    assert undo.json()["detail"] == "B has been merged into another client since. Undo that merge first."
    for merge_id in (further, merged):
        send(client, company, "POST", f"/merges/{merge_id}/undo").raise_for_status()
    assert send(client, company, "POST", f"/merges/{merged}/undo").status_code == 409
    items = client.get(CLIENTS, headers=company.headers()).json()["items"]
    assert [item["name"] for item in items] == ["A", "B", "C"]


def test_a_name_that_belongs_to_another_client_by_now_holds_up_the_undo(
    client: TestClient, company: Company
) -> None:
    one, two = (session_for(client, company, client_name=name)["client"]["id"] for name in ("Acme", "Globex"))
    merged = _merge(client, company, one, two)
    send(client, company, "DELETE", f"/{two}/aliases/{merged['aliases'][0]['id']}").raise_for_status()
    session_for(client, company, client_name="Acme")
    undo = send(client, company, "POST", f"/merges/{merged['merges'][0]['id']}/undo")
    assert (undo.status_code, undo.json()["type"].rpartition(":")[2]) == (409, "name-taken")


def test_a_name_that_the_other_client_has_taken_holds_up_the_undo(client: TestClient, company: Company) -> None:
    one, two = (session_for(client, company, client_name=name)["client"]["id"] for name in ("Acme", "Globex"))
    merged = _merge(client, company, one, two)
    send(client, company, "PATCH", f"/{two}", name="Acme").raise_for_status()
    path = f"/merges/{merged['merges'][0]['id']}/undo"
    assert send(client, company, "POST", path).status_code == 409
    send(client, company, "PATCH", f"/{two}", name="Globex").raise_for_status()
    assert send(client, company, "POST", path).json()["client"]["name"] == "Acme"


@pytest.mark.anyio
@pytest.mark.parametrize("by_id", [False, True])
async def test_a_session_that_starts_during_a_merge_is_moved_or_starts_for_the_right_client(
    company: Company, database: Database, by_id: bool
) -> None:
    actor = Actor(company.id, company.users[Role.TEAM_ADMIN], Role.TEAM_ADMIN, "UTC")
    async with database.write(company.id) as db:
        old, new = [(await find_or_create(db, actor, name, now())).id for name in ("Acme", "ACME Ltd.")]
    about = NewSession("Odd", client_id=old) if by_id else NewSession("Odd", client_name="Acme")

    async def begin() -> None:
        async with database.write(company.id) as db:
            await start(db, actor, about, now())

    async def merge_them() -> None:
        async with database.write(company.id) as db:
            await merge(db, actor, old, new, now())

    await asyncio.gather(*(begin() for _ in range(4)), merge_them(), *(begin() for _ in range(4)))
    where = company.query("SELECT client_id, client_name, count(*) FROM ai_sessions GROUP BY 1, 2")
    assert where == [(new, "ACME Ltd.", 8)]
    [(listed, counted)] = company.query(
        "SELECT (SELECT count(*) FROM client_merge_sessions), (SELECT session_count FROM client_merges)"
    )
    assert listed == counted
