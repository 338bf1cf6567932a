"""A connection whose credentials are no longer accepted stops, and its people are told once."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database, Db
from flowpilot.psa import hooks
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.connections.service import pause_for_credentials
from tests.company import Company, at
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect

NOON = at("2026-06-15 12:00")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What those who manage the connection are told, and when postings may go on."""
    told: list[str] = []

    async def refused(_: Db, what: hooks.CredentialsRefused) -> None:
        told.append(what.reason)

    async def ready(_: Db, what: hooks.Changed) -> None:
        told.append("ready")

    monkeypatch.setattr(hooks, "on_refused", [refused])
    monkeypatch.setattr(hooks, "on_ready", [ready])
    return told


def test_a_revoked_credential_pauses_it_with_one_notice(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, told: list[str]
) -> None:
    connect()
    desk.token = "another"
    for _ in range(3):
        answer = open_client.get("/api/v1/psa/boards", headers=company.headers())
        assert answer.status_code == 502
    assert told == ["The desk does not accept the credentials. Enter valid ones."]
    (shown,) = open_client.get(CONNECTIONS, headers=company.headers()).json()["items"]
    assert shown["pause_kind"] == "credentials"


def test_new_credentials_end_the_pause(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, told: list[str]
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    desk.token = "another"
    open_client.get("/api/v1/psa/boards", headers=company.headers())
    changed = open_client.patch(path, json={"credentials": {"token": "another"}}, headers=company.headers())
    assert changed.json()["paused_at"] is None
    assert told[1:] == ["ready"]
    assert open_client.get("/api/v1/psa/boards", headers=company.headers()).status_code == 200


@pytest.mark.anyio
async def test_credentials_that_were_replaced_meanwhile_are_not_blamed(
    open_client: TestClient, company: Company, connect: Connect, database: Database, told: list[str]
) -> None:
    path = f"{CONNECTIONS}/{connect()['id']}"
    async with database.read(company.id) as db:
        used = await require_active(db, company.id)
    open_client.patch(path, json={"credentials": {"token": "newer"}}, headers=company.headers())
    async with database.write(company.id) as db:
        assert not await pause_for_credentials(db, used, "Revoked.", NOON)
    # The turn that used the old ones ends without a word, so the new ones have asked for another.
    assert told == ["ready"]


@pytest.mark.parametrize("mends", ["check", "credentials", "resume"])
def test_whoever_mends_it_ends_its_rest(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect, told: list[str], mends: str
) -> None:
    path, headers = f"{CONNECTIONS}/{connect()['id']}", company.headers()
    if mends == "resume":
        open_client.post(f"{path}/pause", headers=headers)
    rests = "failures = 6, trouble = 'Down.', backs_off_until = now() + interval '1 hour'"
    company.query(f"UPDATE psa_connections SET {rests} RETURNING 1")
    if mends == "credentials":
        open_client.patch(path, json={"credentials": {"token": desk.token}}, headers=headers)
    else:
        open_client.post(f"{path}/{mends}", headers=headers)
    health = "SELECT failures, trouble, backs_off_until FROM psa_connections"
    assert (company.query(health), told) == ([(0, None, None)], ["ready"])
