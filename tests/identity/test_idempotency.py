"""A POST that creates something, sent again."""

import hashlib
import threading
from datetime import timedelta

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.identity.actor import Role
from flowpilot.identity.idempotency import RETENTION
from flowpilot.identity.invitations.schemas import InvitationIn
from tests.company import Company, fresh_email

INVITATIONS, KEYS = "/api/v1/invitations", "/api/v1/api-keys"


def _headers(company: Company, key: str, role: Role = Role.OWNER) -> dict[str, str]:
    return company.headers(role) | {"Idempotency-Key": key}


def _add_key(company: Company, *, hours: int) -> None:
    """A key that was used this long ago."""
    row = {"caller": "somebody", "key": str(new_id()), "request_digest": "", "answer": {}}
    company.add("idempotency_keys", **row, created_at=now() - timedelta(hours=hours))


def test_the_same_request_creates_once(client: TestClient, company: Company) -> None:
    body, headers = {"email": fresh_email(), "role": "viewer"}, _headers(company, str(new_id()))
    first, second = (client.post(INVITATIONS, json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]


def test_a_secret_is_neither_stored_nor_shown_again(client: TestClient, company: Company) -> None:
    headers = _headers(company, str(new_id()))
    first, second = (client.post(KEYS, json={"role": "viewer"}, headers=headers).json() for _ in range(2))
    assert first["key"].startswith("fp_")
    assert second == {**first, "key": None}
    [(stored,)] = company.query("SELECT answer::text FROM idempotency_keys")
    assert first["key"] not in stored


def test_without_a_key_each_request_creates(client: TestClient, company: Company) -> None:
    ids = {client.post(KEYS, json={"role": "viewer"}, headers=company.headers()).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_the_table_does_not_give_away_the_request(client: TestClient, company: Company) -> None:
    body = {"email": fresh_email(), "role": "viewer", "name": ""}
    assert client.post(INVITATIONS, json=body, headers=_headers(company, str(new_id()))).status_code == 201
    [(digest,)] = company.query("SELECT request_digest FROM idempotency_keys")
    plain = f"{INVITATIONS} {InvitationIn.model_validate(body).model_dump_json()}"
    assert digest != hashlib.sha256(plain.encode()).hexdigest()


def test_another_request_under_the_same_key_is_refused(client: TestClient, company: Company) -> None:
    headers = _headers(company, str(new_id()))
    assert client.post(KEYS, json={"role": "viewer"}, headers=headers).status_code == 201
    assert client.post(KEYS, json={"role": "engineer"}, headers=headers).status_code == 409


def test_keys_of_different_callers_do_not_meet(client: TestClient, company: Company, neighbour: Company) -> None:
    key, body = str(new_id()), {"role": "viewer"}
    callers = [_headers(company, key), _headers(company, key, Role.TEAM_ADMIN), _headers(neighbour, key)]
    ids = {client.post(KEYS, json=body, headers=headers).json()["id"] for headers in callers}
    assert len(ids) == 3


def test_a_failed_request_leaves_its_key_free(client: TestClient, company: Company) -> None:
    headers = _headers(company, str(new_id()))
    nobody = {"role": "viewer", "user_id": str(new_id())}
    assert client.post(KEYS, json=nobody, headers=headers).status_code == 404
    assert client.post(KEYS, json={"role": "viewer"}, headers=headers).status_code == 201


def test_a_key_is_free_again_after_its_time(client: TestClient, company: Company) -> None:
    headers = _headers(company, str(new_id()))
    first = client.post(KEYS, json={"role": "viewer"}, headers=headers).json()
    long_ago = now() - RETENTION - timedelta(seconds=1)
    company.query("UPDATE idempotency_keys SET created_at = %s RETURNING id", long_ago)
    second = client.post(KEYS, json={"role": "viewer"}, headers=headers).json()
    assert second["id"] != first["id"]


def test_old_keys_are_forgotten_and_others_stay(client: TestClient, company: Company, neighbour: Company) -> None:
    for account, age in ((company, 25), (company, 25), (company, 23), (neighbour, 25)):
        _add_key(account, hours=age)
    assert client.post(KEYS, json={"role": "viewer"}, headers=_headers(company, "new")).status_code == 201
    kept = company.query("SELECT created_at < now() - interval '24 hours' FROM idempotency_keys")
    assert kept == [(False,), (False,)]
    assert neighbour.query("SELECT count(*) FROM idempotency_keys") == [(1,)]


def test_nobody_waits_for_another_request_that_forgets_old_keys(client: TestClient, company: Company) -> None:
    _add_key(company, hours=25)
    with account_transaction(company.urls.runtime, company.id) as other:
        other.execute("DELETE FROM idempotency_keys")
        answers: list[int] = []
        headers = _headers(company, "new")
        request = threading.Thread(
            target=lambda: answers.append(client.post(KEYS, json={"role": "viewer"}, headers=headers).status_code)
        )
        request.start()
        request.join(timeout=20)
        assert answers == [201]


def test_ten_at_once_create_one(client: TestClient, company: Company) -> None:
    headers, ids = _headers(company, str(new_id())), []

    def post() -> None:
        ids.append(client.post(KEYS, json={"role": "viewer"}, headers=headers).json()["id"])

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 10
    assert len(set(ids)) == 1
