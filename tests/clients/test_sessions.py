"""How a session gets its client."""

import asyncio

import pytest
from fastapi.testclient import TestClient

from flowpilot.clients.finding import find_or_create
from flowpilot.clients.naming import key_of
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Role
from tests.clients.calls import session_for
from tests.company import Company
from tests.sessions.flows import SESSIONS, read


@pytest.mark.parametrize("other", ["acme ltd", " ACME \t Ltd ", "Acme\u00a0Ltd", "Acme Ltd"])
def test_spellings_that_differ_in_case_and_white_space_are_one_name(other: str) -> None:
    assert key_of(other) == key_of("Acme Ltd")


def test_accents_are_the_same_however_they_are_encoded() -> None:
    assert key_of("Cafe\u0301 STRASSE") == key_of("Caf\u00e9 Straße")
    assert key_of("Café") != key_of("Cafe")


def test_a_new_name_is_a_new_client_and_a_known_one_is_found(client: TestClient, company: Company) -> None:
    first = session_for(client, company, client_name="Acme Ltd")
    second = session_for(client, company, client_name=" acme  LTD ")
    other = session_for(client, company, client_name="Acme")
    assert first["client"] == second["client"] == {"id": first["client"]["id"], "name": "Acme Ltd"}
    assert (first["client_name"], second["client_name"], other["client_name"]) == ("Acme Ltd", "Acme Ltd", "Acme")
    assert other["client"]["id"] != first["client"]["id"]
    assert read(client, company, second["id"])["client"] == first["client"]
    made = company.query("SELECT name, created_by FROM clients ORDER BY name")
    assert made == [(name, company.users[Role.ENGINEER]) for name in ("Acme", "Acme Ltd")]


def test_a_session_may_be_for_nobody(client: TestClient, company: Company) -> None:
    session = session_for(client, company)
    assert (session["client"], session["client_name"], session["client_notes"]) == (None, None, "")
    assert company.query("SELECT count(*) FROM clients") == [(0,)]


def test_a_session_is_started_for_a_client_by_its_id(client: TestClient, company: Company) -> None:
    known = session_for(client, company, client_name="Acme")["client"]
    assert session_for(client, company, client_id=known["id"])["client"] == known


def test_a_neighbours_client_is_not_found(client: TestClient, company: Company, neighbour: Company) -> None:
    theirs = session_for(client, neighbour, client_name="Acme")["client"]["id"]
    for client_id in (theirs, str(new_id())):
        body = {"problem_summary": "Something odd", "client_id": client_id}
        answer = client.post(SESSIONS, headers=company.headers(), json=body)
        assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such client.")
    assert session_for(client, company, client_name="Acme")["client"]["id"] != theirs


def test_a_name_and_an_id_at_once_are_refused(client: TestClient, company: Company) -> None:
    body = {"problem_summary": "Something odd", "client_id": str(new_id()), "client_name": "Acme"}
    assert client.post(SESSIONS, headers=company.headers(), json=body).status_code == 422


def test_details_give_another_client_and_take_it_away(client: TestClient, company: Company) -> None:
    session = session_for(client, company, client_name="Acme")
    path, headers = f"{SESSIONS}/{session['id']}", company.headers(Role.ENGINEER)
    for details, name in (
        ({"psa_ticket_id": "4711"}, "Acme"),
        ({"client_name": "Globex"}, "Globex"),
        ({"client_id": session["client"]["id"]}, "Acme"),
        ({"client_name": None}, None),
    ):
        changed = client.patch(path, headers=headers, json=details).json()
        assert (changed["client_name"], changed["client"] and changed["client"]["name"]) == (name, name)


def test_the_list_shows_the_sessions_of_one_client(client: TestClient, company: Company) -> None:
    session = session_for(client, company, client_name="Acme")
    session_for(client, company, client_name="Globex")
    asked = {"client_id": session["client"]["id"]}
    items = client.get(SESSIONS, headers=company.headers(), params=asked).json()["items"]
    assert [(item["id"], item["client"]) for item in items] == [(session["id"], session["client"])]


@pytest.mark.anyio
async def test_many_sessions_with_the_same_new_name_make_one_client(company: Company, database: Database) -> None:
    actor = Actor(company.id, company.users[Role.ENGINEER], Role.ENGINEER, "UTC")
    ready = asyncio.Barrier(5)

    async def start(name: str) -> object:
        async with database.write(company.id) as db:
            await ready.wait()
            return (await find_or_create(db, actor, name, now())).id

    ids = await asyncio.gather(*(start(name) for name in ("Acme", "acme", "ACME", " Acme", "Acme ")))
    assert len(set(ids)) == 1
    assert company.query("SELECT count(*) FROM clients") == company.query("SELECT count(*) FROM client_names")
    assert company.query("SELECT id FROM clients") == [(ids[0],)]


def test_a_text_of_the_previous_release_becomes_a_client_when_details_are_saved(
    client: TestClient, company: Company
) -> None:
    session = company.add("ai_sessions", status="active", client_name="Acme", problem_summary="Odd")
    path, headers = f"{SESSIONS}/{session}", company.headers(Role.TEAM_ADMIN)
    before = client.get(path, headers=headers).json()
    assert (before["client_name"], before["client"]) == ("Acme", None)
    changed = client.patch(path, headers=headers, json={"client_name": "Acme"}).json()
    assert (changed["client_name"], changed["client"]["name"]) == ("Acme", "Acme")
