"""API keys."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import PASSWORD, Company, fresh_email

KEYS = "/api/v1/api-keys"


def _make(client: TestClient, company: Company, **body: object) -> dict[str, str]:
    answer = client.post(KEYS, json=body, headers=company.headers())
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def _status(client: TestClient, key: str) -> int:
    return client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_is_shown_once_and_kept_hashed(client: TestClient, company: Company) -> None:
    made = _make(client, company, role="viewer", name="dashboards")
    listed = client.get(KEYS, headers=company.headers()).json()["items"][-1]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert made["key"].startswith(listed["prefix"])
    assert len(listed["prefix"]) == 11
    rows = company.query("SELECT row_to_json(k)::text FROM api_keys k")
    assert not any(made["key"] in row[0] for row in rows)


def test_a_key_acts_as_an_integration_user_of_its_own(client: TestClient, company: Company) -> None:
    made = _make(client, company, role="engineer", name="monitoring")
    me = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {made['key']}"}).json()
    assert (me["user_id"], me["role"]) == (made["user_id"], "engineer")


def test_a_revoked_key_is_dead_at_once(client: TestClient, company: Company) -> None:
    made = _make(client, company, role="viewer")
    assert _status(client, made["key"]) == 200
    assert client.delete(f"{KEYS}/{made['id']}", headers=company.headers()).status_code == 204
    assert _status(client, made["key"]) == 401
    assert client.delete(f"{KEYS}/{made['id']}", headers=company.headers()).status_code == 204


def test_an_expired_key_is_dead(client: TestClient, company: Company, urls: DatabaseUrls) -> None:
    made = _make(client, company, role="viewer", expires_days=1)
    assert _status(client, made["key"]) == 200
    company.query("UPDATE api_keys SET expires_at = now() WHERE id = %s RETURNING id", made["id"])
    assert _status(client, made["key"]) == 401


def test_last_use_is_recorded(client: TestClient, company: Company) -> None:
    made = _make(client, company, role="viewer")
    assert made["last_used_at"] is None
    _status(client, made["key"])
    [(used,)] = company.query("SELECT last_used_at FROM api_keys WHERE id = %s", made["id"])
    assert abs(now() - used) < timedelta(minutes=1)


def test_a_key_does_not_outrank_its_user(client: TestClient, company: Company) -> None:
    engineer = str(company.users[Role.ENGINEER])
    body = {"role": "team_admin", "user_id": engineer}
    assert client.post(KEYS, json=body, headers=company.headers()).status_code == 403


def test_a_key_falls_with_its_users_role(client: TestClient, company: Company) -> None:
    admin = company.users[Role.TEAM_ADMIN]
    made = _make(client, company, role="team_admin", user_id=str(admin))
    client.patch(f"/api/v1/members/{admin}", json={"role": "viewer"}, headers=company.headers())
    me = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {made['key']}"})
    assert me.json()["role"] == "viewer"
    client.delete(f"/api/v1/members/{admin}", headers=company.headers())
    assert _status(client, made["key"]) == 401


def test_a_key_that_acts_as_a_person_is_made_by_that_person(client: TestClient, company: Company) -> None:
    """The person who makes a key knows it, and could act in the other's name."""
    email = fresh_email()
    person = company.add_person(email, Role.TEAM_ADMIN)
    body = {"role": "viewer", "user_id": str(person)}
    refused = client.post(KEYS, json=body, headers=company.headers())
    assert (refused.status_code, "Only the person" in refused.json()["detail"]) == (403, True)
    token = client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD}).json()[
        "access_token"
    ]
    made = client.post(KEYS, json=body, headers={"Authorization": f"Bearer {token}"})
    assert made.json()["user_id"] == str(person)


def test_nobody_makes_a_key_above_their_own_role(client: TestClient, company: Company) -> None:
    answer = client.post(KEYS, json={"role": "owner"}, headers=company.headers(Role.TEAM_ADMIN))
    assert answer.status_code == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_only_admins_see_keys(client: TestClient, company: Company, role: Role) -> None:
    assert client.get(KEYS, headers=company.headers(role)).status_code == 403


def test_a_key_of_others_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    theirs = _make(client, neighbour, role="viewer")["id"]
    answers = [client.delete(f"{KEYS}/{key}", headers=company.headers()) for key in (theirs, new_id())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_making_and_revoking_are_audited_without_the_secret(client: TestClient, company: Company) -> None:
    made = _make(client, company, role="viewer")
    client.delete(f"{KEYS}/{made['id']}", headers=company.headers())
    log = client.get("/api/v1/audit-log", headers=company.headers())
    actions = [entry["action"] for entry in log.json()["items"] if entry["target_id"] == made["id"]]
    assert actions == ["key.revoked", "key.created"]
    assert made["key"] not in log.text


def test_many_first_uses_at_once_do_not_wait_for_themselves(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    """Each records its use, with exactly as many connections as there are requests."""
    tight = settings.model_copy(update={"database_pool_size": 2})
    with AppClient(create_app(tight, urls.runtime)) as client, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(_status, client, company.keys[Role.VIEWER]) for _ in range(20)]
        assert [answer.result(timeout=60) for answer in asked] == [200] * 20


def test_a_refused_request_counts_as_use(client: TestClient, company: Company) -> None:
    assert client.get(KEYS, headers=company.headers(Role.VIEWER)).status_code == 403
    query = "SELECT last_used_at IS NOT NULL FROM api_keys WHERE role = 'viewer'"
    assert company.query(query) == [(True,)]


def test_a_removed_members_keys_are_revoked(client: TestClient, company: Company) -> None:
    engineer = company.users[Role.ENGINEER]
    client.delete(f"/api/v1/members/{engineer}", headers=company.headers())
    query = "SELECT revoked_at IS NOT NULL, prefix FROM api_keys WHERE user_id = %s"
    [(revoked, prefix)] = company.query(query, engineer)
    assert revoked
    [entry] = client.get("/api/v1/audit-log?limit=1", headers=company.headers()).json()["items"]
    assert entry["after"] == {"revoked_keys": [prefix]}
