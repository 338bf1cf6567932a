"""Setting passwords: what is written with them, and that nobody waits while they are hashed."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.identity import passwords
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import hash_password
from tests.company import PASSWORD, Company, fresh_email, run
from tests.identity.meanwhile import sent_meanwhile

NEW = "another long password"


def _headers(client: TestClient, email: str) -> dict[str, str]:
    form = {"username": email, "password": PASSWORD}
    token = client.post("/api/v1/auth/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _change(client: TestClient, headers: dict[str, str]) -> int:
    body = {"current_password": PASSWORD, "new_password": NEW}
    return client.post("/api/v1/auth/password", json=body, headers=headers).status_code


def _invited(client: TestClient, company: Company, email: str) -> dict[str, str]:
    body = {"email": email, "role": "viewer"}
    made = client.post("/api/v1/invitations", json=body, headers=company.headers()).json()
    return {"token": made["token"], "password": PASSWORD}


Way = Callable[[TestClient, Company, Company], int]


def _sign_in(client: TestClient, company: Company, _: Company) -> int:
    company.add_person(email := fresh_email(), Role.VIEWER)
    return client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD}).status_code


def _change_own(client: TestClient, company: Company, _: Company) -> int:
    company.add_person(email := fresh_email(), Role.VIEWER)
    return _change(client, _headers(client, email))


def _accept_as_somebody_new(client: TestClient, company: Company, _: Company) -> int:
    return client.post("/api/v1/invitations/accept", json=_invited(client, company, fresh_email())).status_code


def _accept_as_somebody_known(client: TestClient, company: Company, neighbour: Company) -> int:
    neighbour.add_person(email := fresh_email(), Role.VIEWER)
    return client.post("/api/v1/invitations/accept", json=_invited(client, company, email)).status_code


@pytest.mark.parametrize(
    ("way", "status"),
    [(_sign_in, 200), (_change_own, 204), (_accept_as_somebody_new, 201), (_accept_as_somebody_known, 201)],
)
def test_no_connection_is_held_while_a_password_is_hashed(
    client: TestClient,
    company: Company,
    neighbour: Company,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
    status: int,
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    connections = []

    def watched(work: Callable[..., object]) -> Callable[..., object]:
        def watch(*words: object) -> object:
            connections.append(app.state.database.engine.pool.checkedout())
            return work(*words)

        return watch

    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHash, name, watched(getattr(PasswordHash, name)))
    assert way(client, company, neighbour) == status
    assert connections
    assert set(connections) == {0}


@pytest.mark.one_server
def test_a_reset_and_its_entries_in_all_accounts_are_one_transaction(
    urls: DatabaseUrls, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER)
    neighbour.add_person(email, Role.VIEWER, password=None)
    run(urls, lambda database: passwords.reset(database, email, NEW, now()))
    wrote = [
        account.query(f"SELECT xmin::text FROM {rows}", user_id)
        for account in (company, neighbour)
        for rows in ("users WHERE id = %s", "audit_log WHERE action = 'user.password_changed' AND target_id = %s")
    ]
    assert wrote == [wrote[0]] * 4


@pytest.mark.anyio
async def test_the_old_password_does_not_undo_a_reset_made_meanwhile(
    client: TestClient, company: Company, database: Database
) -> None:
    email = fresh_email()
    user_id = await asyncio.to_thread(company.add_person, email, Role.VIEWER)
    headers = await asyncio.to_thread(_headers, client, email)

    async def reset(db: Db) -> None:
        [(present,)] = company.query("SELECT password_hash FROM users WHERE id = %s", user_id)
        await passwords.set_password_hash(db, user_id, hash_password(NEW), now(), instead_of=present)

    body = {"current_password": PASSWORD, "new_password": "chosen by who had it"}
    answer = await sent_meanwhile(
        database, company, reset, lambda: client.post("/api/v1/auth/password", json=body, headers=headers)
    )
    assert answer.status_code == 409
    assert "has just been changed" in answer.json()["detail"]
    assert client.post("/api/v1/auth/token", data={"username": email, "password": NEW}).status_code == 200


def test_a_key_changes_no_password(client: TestClient, company: Company) -> None:
    """The person who has the key may not be the person it acts as."""
    assert _change(client, company.headers()) == 403


def test_stored_hashes_cost_what_argon2_recommends_today() -> None:
    """Tests use cheaper hashes, so the costs of the product's own are read from a fresh import."""
    code = "from flowpilot.identity.credentials import hash_password; print(hash_password('a long password'))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
