"""POST /auth/token, and what a token allows."""

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pydantic import SecretStr

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity import members, passwords
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import PASSWORD, Company, fresh_email, hash_once, run


def log_in(client: TestClient, email: str, password: str = PASSWORD, **form: str) -> dict[str, object]:
    answer = client.post("/api/v1/auth/token", data={"username": email, "password": password, **form})
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def test_a_token_acts_as_its_user(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.ENGINEER)
    token = log_in(client, email)
    me = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.json() == {
        "account_id": str(company.id),
        "account_name": f"Company {company.id}",
        "user_id": str(user_id),
        "name": "",
        "email": email,
        "role": "engineer",
        "timezone": "UTC",
    }


def test_an_email_is_the_same_in_any_case(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email.upper(), Role.ENGINEER)
    assert log_in(client, f" {email.title()} ")["account_id"] == str(company.id)


@pytest.mark.parametrize("created", ["müller", "xn--mller-kva"])
def test_a_domain_outside_ascii_is_the_same_in_both_forms(
    client: TestClient, company: Company, created: str
) -> None:
    name = new_id()
    company.add_person(f"{name}@{created}.example", Role.ENGINEER)
    for typed in ("MÜLLER", "xn--mller-kva"):
        assert log_in(client, f"{name}@{typed}.example")["account_id"] == str(company.id)


def test_a_wrong_password_and_an_unknown_email_answer_alike(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    wrong = client.post("/api/v1/auth/token", data={"username": email, "password": "wrong"})
    unknown = client.post("/api/v1/auth/token", data={"username": fresh_email(), "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


def test_a_wrong_password_and_an_unknown_email_cost_the_same_hash(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    compared: list[str] = []

    def spy(self: PasswordHash, password: str, password_hash: str) -> bool:
        compared.append(password_hash.rsplit("$", 2)[0])
        return verify(self, password, password_hash)

    verify = PasswordHash.verify
    monkeypatch.setattr(PasswordHash, "verify", spy)
    for username in (email, fresh_email()):
        client.post("/api/v1/auth/token", data={"username": username, "password": "wrong"})
    # The head of an Argon2 hash is its algorithm and its costs: what the time depends on.
    assert len(compared) == 2
    assert compared[0] == compared[1]


def test_a_user_without_a_password_cannot_sign_in(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER, password=None)
    for password in ("", "wrong", PASSWORD):
        answer = client.post("/api/v1/auth/token", data={"username": email, "password": password})
        assert answer.status_code in {401, 422}


def test_a_user_of_two_accounts_chooses(client: TestClient, company: Company, neighbour: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    neighbour.add_person(email, Role.OWNER, password=None)
    first = log_in(client, email)
    assert first["account_id"] == str(company.id)
    assert [account["role"] for account in first["accounts"]] == ["viewer", "owner"]  # type: ignore[attr-defined]
    assert log_in(client, email, account_id=str(neighbour.id))["account_id"] == str(neighbour.id)


def test_a_token_can_be_switched_to_another_of_the_users_accounts(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    neighbour.add_person(email, Role.OWNER, password=None)
    headers = {"Authorization": f"Bearer {log_in(client, email)['access_token']}"}
    answer = client.post("/api/v1/auth/switch", data={"account_id": str(neighbour.id)}, headers=headers)
    assert answer.json()["account_id"] == str(neighbour.id)


def test_an_account_of_others_cannot_be_chosen(client: TestClient, company: Company, neighbour: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.OWNER)
    form = {"username": email, "password": PASSWORD, "account_id": str(neighbour.id)}
    theirs = client.post("/api/v1/auth/token", data=form)
    nobodys = client.post("/api/v1/auth/token", data={**form, "account_id": str(new_id())})
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"] == nobodys.json()["detail"]


def test_a_user_without_an_account_gets_no_account(client: TestClient, urls: DatabaseUrls) -> None:
    email = fresh_email()

    async def add(database: Database) -> None:
        async with database.write(None) as db:
            await members.add_user(db, "", now(), email=email, password_hash=hash_once(PASSWORD))

    run(urls, add)
    token = log_in(client, email)
    assert token["account_id"] is None
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    for path in ("/api/v1/analytics/flowpilot", "/api/v1/members", "/api/v1/auth/me"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (403, "No account")


def test_a_removed_member_loses_access_at_once(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.TEAM_ADMIN)
    headers = {"Authorization": f"Bearer {log_in(client, email)['access_token']}"}
    assert client.get("/api/v1/members", headers=headers).status_code == 200
    client.delete(f"/api/v1/members/{user_id}", headers=company.headers())
    assert client.get("/api/v1/members", headers=headers).status_code == 403


def test_an_email_that_cannot_be_kept_is_422(client: TestClient) -> None:
    form = {"username": "a\x00b@people.example", "password": PASSWORD}
    assert client.post("/api/v1/auth/token", data=form).status_code == 422


@pytest.mark.parametrize("forged", ["", "nonsense", "fp_", "fp_nonsense", "fp_" + "A" * 75, "a.b.c"])
def test_nonsense_is_401(client: TestClient, forged: str) -> None:
    answer = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {forged}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_no_credential_is_401(client: TestClient) -> None:
    assert client.get("/api/v1/auth/me").status_code == 401


def test_a_token_of_another_key_or_time_is_401(client: TestClient, company: Company, settings: Settings) -> None:
    claim = TokenClaim(company.users[Role.OWNER], company.id, now())
    old_claim = replace(claim, issued_at=now() - timedelta(hours=2))
    tokens = [
        sign_token(claim, "another key that is long enough..", 60),
        sign_token(old_claim, settings.signing_key(), 60),
        jwt.encode({"sub": str(claim.user_id), "account": str(company.id)}, settings.signing_key(), "HS256"),
    ]
    for token in tokens:
        answer = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def test_login_is_throttled_per_email(client: TestClient, settings: Settings) -> None:
    form = {"username": fresh_email(), "password": "wrong"}
    answers = [client.post("/api/v1/auth/token", data=form) for _ in range(settings.login_attempts_per_minute + 1)]
    assert [answer.status_code for answer in answers] == [401] * settings.login_attempts_per_minute + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_login_is_throttled_per_address(settings: Settings, urls: DatabaseUrls) -> None:
    strict = Settings(
        data_dir=settings.data_dir, secret_key=SecretStr("s" * 32), login_attempts_per_minute_per_address=2
    )
    with AppClient(create_app(strict, urls.runtime)) as client:
        forms = [{"username": fresh_email(), "password": "wrong"} for _ in range(3)]
        statuses = [client.post("/api/v1/auth/token", data=form).status_code for form in forms]
    assert statuses == [401, 401, 429]


def test_addresses_of_one_ipv6_network_share_its_attempts(settings: Settings, urls: DatabaseUrls) -> None:
    strict = settings.model_copy(update={"login_attempts_per_minute_per_address": 2})
    app, statuses = create_app(strict, urls.runtime), []
    with AppClient(app) as client:
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"):
            caller = AppClient(app, client=(address, 1))
            caller.portal = client.portal
            form = {"username": fresh_email(), "password": "wrong"}
            statuses.append(caller.post("/api/v1/auth/token", data=form).status_code)
    assert statuses == [401, 401, 429, 401]


def test_a_password_can_be_changed_with_the_old_one(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    headers = {"Authorization": f"Bearer {log_in(client, email)['access_token']}"}
    body = {"current_password": "wrong", "new_password": "another long password"}
    assert client.post("/api/v1/auth/password", json=body, headers=headers).status_code == 401
    body["current_password"] = PASSWORD
    assert client.post("/api/v1/auth/password", json=body, headers=headers).status_code == 204
    log_in(client, email, "another long password")
    old = client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD})
    assert old.status_code == 401


def test_a_changed_password_ends_older_tokens(client: TestClient, company: Company, settings: Settings) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER)
    older = sign_token(TokenClaim(user_id, company.id, now() - timedelta(minutes=1)), settings.signing_key(), 60)
    headers = {"Authorization": f"Bearer {older}"}
    body = {"current_password": PASSWORD, "new_password": "another long password"}
    assert client.post("/api/v1/auth/password", json=body, headers=headers).status_code == 204
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401
    fresh = log_in(client, email, "another long password")["access_token"]
    assert client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {fresh}"}).status_code == 200


def test_an_operators_reset_is_in_the_audit_log_of_each_account(
    urls: DatabaseUrls, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER)
    neighbour.add_person(email, Role.VIEWER, password=None)
    run(urls, lambda database: passwords.reset(database, email, "chosen by the operator", now()))
    for account in (company, neighbour):
        found = account.query("SELECT actor_id FROM audit_log WHERE action = 'user.password_changed'")
        assert found == [(None,)]
        assert account.query("SELECT id FROM users WHERE id = %s", user_id) == [(user_id,)]


def test_switching_neither_renews_a_token_nor_revives_an_old_one(
    client: TestClient, company: Company, neighbour: Company, settings: Settings
) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER)
    neighbour.add_person(email, Role.OWNER, password=None)
    claim = TokenClaim(user_id, company.id, (now() - timedelta(minutes=50)).replace(microsecond=0))
    headers = {"Authorization": f"Bearer {sign_token(claim, settings.signing_key(), settings.token_minutes)}"}
    form = {"account_id": str(neighbour.id)}
    switched = client.post("/api/v1/auth/switch", data=form, headers=headers).json()
    assert 590 <= switched["expires_in"] <= 600
    signed = jwt.decode(switched["access_token"], settings.signing_key(), ["HS256"])
    assert signed["iat"] == claim.issued_at.timestamp()
    body = {"current_password": PASSWORD, "new_password": "another long password"}
    assert client.post("/api/v1/auth/password", json=body, headers=headers).status_code == 204
    assert client.post("/api/v1/auth/switch", data=form, headers=headers).status_code == 401
