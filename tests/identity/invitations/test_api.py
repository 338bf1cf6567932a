"""Invitations: who makes them, what they say, and who joins with them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.identity.invitations import accept
from flowpilot.identity.invitations.service import InvitationUsedError
from tests.company import PASSWORD, Company, fresh_email, run

INVITATIONS = "/api/v1/invitations"


def _invite(client: TestClient, company: Company, by: Role = Role.OWNER, **body: Any) -> dict[str, Any]:
    body = {"email": fresh_email(), "role": "engineer", **body}
    answer = client.post(INVITATIONS, json=body, headers=company.headers(by))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _look(client: TestClient, token: str) -> httpx2.Response:
    return client.post(f"{INVITATIONS}/look", json={"token": token})


def _accept(client: TestClient, token: str, password: str = PASSWORD, name: str = "Ada") -> httpx2.Response:
    return client.post(f"{INVITATIONS}/accept", json={"token": token, "password": password, "name": name})


def _log_in(client: TestClient, email: str) -> httpx2.Response:
    return client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD})


def _list(client: TestClient, company: Company) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(INVITATIONS, headers=company.headers()).json()["items"]
    return items


def test_a_secret_is_shown_once_and_kept_hashed(client: TestClient, company: Company) -> None:
    made = _invite(client, company, Role.TEAM_ADMIN, name="Ada")
    assert made["token"].startswith("fpi_")
    assert (made["state"], made["created_by_name"]) == ("open", "team_admin")
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert lifetime == timedelta(days=7)
    assert _list(client, company) == [{name: value for name, value in made.items() if name != "token"}]
    [(row,)] = company.query("SELECT row_to_json(i)::text FROM invitations i")
    assert made["token"] not in row


def test_the_link_shows_its_invitation(client: TestClient, company: Company) -> None:
    made = _invite(client, company, name="Ada")
    assert _look(client, made["token"]).json() == {
        "account_name": f"Company {company.id}",
        "email": made["email"],
        "role": "engineer",
        "name": "Ada",
        "invited_by": "owner",
        "expires_at": made["expires_at"],
        "can_sign_in": False,
    }


def test_somebody_new_chooses_a_password_and_joins(client: TestClient, company: Company) -> None:
    made = _invite(client, company)
    answer = _accept(client, made["token"])
    joined = answer.json()
    assert answer.status_code == 201
    assert joined == {
        "account_id": str(company.id),
        "user_id": joined["user_id"],
        "email": made["email"],
        "role": "engineer",
    }
    signed_in = _log_in(client, made["email"]).json()
    assert [account["id"] for account in signed_in["accounts"]] == [str(company.id)]
    assert company.query("SELECT name FROM users WHERE id = %s", joined["user_id"]) == [("Ada",)]
    [listed] = _list(client, company)
    assert (listed["state"], listed["accepted_by"]) == ("accepted", joined["user_id"])


def test_a_known_person_joins_with_the_password_they_have(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    user_id = neighbour.add_person(email, Role.VIEWER)
    made = _invite(client, company, email=email.upper())
    assert _look(client, made["token"]).json()["can_sign_in"] is True
    wrong = _accept(client, made["token"], "another long password")
    assert (wrong.status_code, _list(client, company)[0]["state"]) == (401, "open")
    assert _accept(client, made["token"]).json()["user_id"] == str(user_id)
    accounts = {account["id"]: account["role"] for account in _log_in(client, email).json()["accounts"]}
    assert accounts == {str(neighbour.id): "viewer", str(company.id): "engineer"}


def test_an_invitation_gives_nobody_a_first_password_for_the_accounts_of_others(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    """The inviter has the link, and could accept it in the person's name."""
    email = fresh_email()
    neighbour.add_person(email, Role.OWNER, password=None)
    refused = _accept(client, _invite(client, company, email=email)["token"])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:password-needed")
    assert _log_in(client, email).status_code == 401
    assert _list(client, company)[0]["state"] == "open"


def test_somebody_without_account_and_password_gets_their_first(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER, password=None)
    client.delete(f"/api/v1/members/{user_id}", headers=company.headers())
    assert _accept(client, _invite(client, company, email=email)["token"]).json()["user_id"] == str(user_id)
    assert _log_in(client, email).status_code == 200


def test_guesses_at_a_password_are_throttled(client: TestClient, company: Company, neighbour: Company) -> None:
    email = fresh_email()
    neighbour.add_person(email, Role.VIEWER)
    token = _invite(client, company, email=email)["token"]
    assert [_accept(client, token, "wrong").status_code for _ in range(6)] == [401] * 5 + [429]


def test_known_and_unknown_people_are_invited_alike(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    neighbour.add_person(email, Role.VIEWER)
    known, unknown = _invite(client, company, email=email), _invite(client, company)
    own = dict.fromkeys(("id", "email", "token", "created_at", "expires_at"))
    assert known | own == unknown | own


def test_a_member_is_not_invited(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    answer = client.post(INVITATIONS, json={"email": email, "role": "viewer"}, headers=company.headers())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:already-member")


def test_inviting_again_revokes_the_older_one(client: TestClient, company: Company) -> None:
    older = _invite(client, company)
    newer = _invite(client, company, email=older["email"], role="viewer")
    assert [(item["id"], item["state"]) for item in _list(client, company)] == [
        (newer["id"], "open"),
        (older["id"], "revoked"),
    ]
    refused = _accept(client, older["token"])
    assert (refused.status_code, refused.json()["type"]) == (410, "urn:flowpilot:problem:invitation-closed")
    assert _accept(client, newer["token"]).json()["role"] == "viewer"


def test_a_revoked_one_is_closed(client: TestClient, company: Company) -> None:
    made = _invite(client, company)
    path = f"{INVITATIONS}/{made['id']}"
    assert [client.delete(path, headers=company.headers()).status_code for _ in range(2)] == [204, 204]
    assert (_look(client, made["token"]).status_code, _accept(client, made["token"]).status_code) == (410, 410)


def test_a_used_one_is_used(client: TestClient, company: Company) -> None:
    made = _invite(client, company)
    assert _accept(client, made["token"]).status_code == 201
    again = _accept(client, made["token"])
    assert (again.status_code, again.json()["type"]) == (409, "urn:flowpilot:problem:invitation-used")
    assert client.delete(f"{INVITATIONS}/{made['id']}", headers=company.headers()).status_code == 409


@pytest.mark.parametrize("token", ["", "fpi_", "nonsense", "fpi_" + "A" * 75, "fpi_é"])
def test_an_unknown_one_is_404(client: TestClient, token: str) -> None:
    assert (_look(client, token).status_code, _accept(client, token).status_code) == (404, 404)


def test_an_api_key_is_no_invitation_and_an_invitation_no_key(client: TestClient, company: Company) -> None:
    token = _invite(client, company)["token"]
    assert client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert _look(client, company.keys[Role.OWNER]).status_code == 404


def test_it_ends_after_seven_days_to_the_moment(client: TestClient, company: Company) -> None:
    made = _invite(client, company)
    ends = datetime.fromisoformat(made["expires_at"])

    async def look(database: Database) -> None:
        last = ends - timedelta(microseconds=1)
        assert (await accept.preview(database, made["token"], last)).email == made["email"]
        for attempt in (
            accept.preview(database, made["token"], ends),
            accept.accept(database, made["token"], "", PASSWORD, ends),
        ):
            with pytest.raises(accept.InvitationClosedError, match="expired"):
                await attempt

    run(company.urls, look)


def test_many_accept_at_once_and_one_joins(client: TestClient, company: Company) -> None:
    made = _invite(client, company)

    async def race(_: Database) -> list[Any]:
        databases = [Database(company.urls.runtime, pool_size=1) for _ in range(4)]
        tries = [accept.accept(database, made["token"], "Ada", PASSWORD, now()) for database in databases]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        for database in databases:
            await database.close()
        return outcomes

    outcomes = run(company.urls, race)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvitationUsedError"] * 3 + ["Joined"]
    assert company.query("SELECT count(*) FROM users WHERE email = %s", made["email"]) == [(1,)]
    assert company.query("SELECT count(*) FROM audit_log WHERE after ? 'invitation_id'") == [(1,)]
    assert InvitationUsedError.status == 409


@pytest.mark.parametrize("then", ["removed", "lowered"])
def test_an_invitation_falls_with_its_maker(client: TestClient, company: Company, then: str) -> None:
    token = _invite(client, company, Role.TEAM_ADMIN)["token"]
    admin = f"/api/v1/members/{company.users[Role.TEAM_ADMIN]}"
    if then == "removed":
        client.delete(admin, headers=company.headers())
    else:
        client.patch(admin, json={"role": "viewer"}, headers=company.headers())
    assert (_look(client, token).status_code, _accept(client, token).status_code) == (410, 410)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_only_admins_invite(client: TestClient, company: Company, role: Role) -> None:
    made, headers = _invite(client, company), company.headers(role)
    body = {"email": fresh_email(), "role": "viewer"}
    assert client.post(INVITATIONS, json=body, headers=headers).status_code == 403
    assert client.get(INVITATIONS, headers=headers).status_code == 403
    assert client.delete(f"{INVITATIONS}/{made['id']}", headers=headers).status_code == 403


def test_nobody_invites_or_uninvites_above_their_own_role(client: TestClient, company: Company) -> None:
    made, headers = _invite(client, company, role="owner"), company.headers(Role.TEAM_ADMIN)
    for email in (fresh_email(), made["email"]):
        body = {"email": email, "role": "owner"}
        assert client.post(INVITATIONS, json=body, headers=headers).status_code == 403
    lower = {"email": made["email"], "role": "viewer"}
    assert client.post(INVITATIONS, json=lower, headers=headers).status_code == 403
    assert client.delete(f"{INVITATIONS}/{made['id']}", headers=headers).status_code == 403
    assert _list(client, company)[0]["state"] == "open"


def test_the_neighbours_are_not_seen(client: TestClient, company: Company, neighbour: Company) -> None:
    theirs = _invite(client, neighbour)
    assert _list(client, company) == []
    answers = [
        client.delete(f"{INVITATIONS}/{id_}", headers=company.headers()) for id_ in (theirs["id"], new_id())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_short_first_password_is_422_and_changes_nothing(client: TestClient, company: Company) -> None:
    made = _invite(client, company)
    assert _accept(client, made["token"], "short").status_code == 422
    assert _list(client, company)[0]["state"] == "open"


def test_everything_is_in_the_audit_log(client: TestClient, company: Company) -> None:
    first = _invite(client, company)
    second = _invite(client, company, email=first["email"])
    user_id = _accept(client, second["token"]).json()["user_id"]
    log = client.get("/api/v1/audit-log?limit=4", headers=company.headers())
    facts, owner = {"email": first["email"], "role": "engineer"}, str(company.users[Role.OWNER])
    joined = {"role": "engineer", "invitation_id": second["id"]}
    fields = ("action", "actor_id", "target_id", "after")
    assert [tuple(entry[name] for name in fields) for entry in log.json()["items"]] == [
        ("member.added", user_id, user_id, joined),
        ("invitation.created", owner, second["id"], facts),
        ("invitation.revoked", owner, first["id"], facts),
        ("invitation.created", owner, first["id"], facts),
    ]
    assert first["token"] not in log.text


def test_a_repeated_request_invites_once_and_keeps_the_secret(client: TestClient, company: Company) -> None:
    headers = company.headers() | {"Idempotency-Key": "again"}
    body = {"email": fresh_email(), "role": "viewer"}
    first, second = (client.post(INVITATIONS, json=body, headers=headers).json() for _ in range(2))
    assert second == first | {"token": None}
    assert len(_list(client, company)) == 1
