"""Simultaneous changes of access: each is decided by the roles at its turn, including the actor's."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database, Db
from flowpilot.identity import keys, members
from flowpilot.identity.actor import Actor, Role
from tests.company import PASSWORD, Company, fresh_email
from tests.identity.meanwhile import Request, sent_meanwhile

ROUNDS = 25
MEMBERS, KEYS, INVITATIONS = "/api/v1/members", "/api/v1/api-keys", "/api/v1/invitations"


def _set_role(company: Company, user_id: uuid.UUID, role: Role) -> None:
    company.query("UPDATE memberships SET role = %s WHERE user_id = %s RETURNING role", role, user_id)


def _role(company: Company, user_id: uuid.UUID) -> str | None:
    found = company.query("SELECT role FROM memberships WHERE user_id = %s", user_id)
    return found[0][0] if found else None


def _at_once(*requests: Request) -> list[int]:
    with ThreadPoolExecutor(len(requests)) as pool:
        return [sent.result().status_code for sent in [pool.submit(request) for request in requests]]


def _actor(company: Company, role: Role) -> Actor:
    return Actor(company.id, company.users[role], role, "UTC")


def test_a_team_admin_never_lowers_somebody_who_has_just_become_owner(
    client: TestClient, company: Company
) -> None:
    path = f"{MEMBERS}/{company.users[Role.VIEWER]}"

    def give(role: Role, by: Role) -> Request:
        return lambda: client.patch(path, json={"role": role}, headers=company.headers(by))

    for _ in range(ROUNDS):
        _set_role(company, company.users[Role.VIEWER], Role.VIEWER)
        raised, lowered = _at_once(give(Role.OWNER, Role.OWNER), give(Role.ENGINEER, Role.TEAM_ADMIN))
        assert raised == 204
        assert lowered in {204, 403}
        assert _role(company, company.users[Role.VIEWER]) == "owner"
        changes = company.query(
            "SELECT before ->> 'role', after ->> 'role' FROM audit_log WHERE action = 'member.role_changed' "
            "ORDER BY id DESC LIMIT 2"
        )
        assert changes[0] == ("viewer" if lowered == 403 else "engineer", "owner"), "The record says what was."


def test_a_team_admin_never_removes_somebody_who_has_just_become_owner(
    client: TestClient, company: Company
) -> None:
    person = company.users[Role.VIEWER]
    path = f"{MEMBERS}/{person}"
    for _ in range(ROUNDS):
        company.query("DELETE FROM memberships WHERE user_id = %s RETURNING role", person)
        company.query(
            "INSERT INTO memberships (account_id, user_id, role) VALUES (%s, %s, 'viewer') RETURNING role",
            company.id,
            person,
        )
        statuses = _at_once(
            lambda: client.patch(path, json={"role": "owner"}, headers=company.headers()),
            lambda: client.delete(path, headers=company.headers(Role.TEAM_ADMIN)),
        )
        assert (*statuses, _role(company, person)) in {(204, 403, "owner"), (404, 204, None)}


@pytest.mark.anyio
async def test_an_owner_who_steps_down_for_another_leaves_one(
    client: TestClient, company: Company, database: Database
) -> None:
    """A team admin lowers the new owner in the moment in which the old one steps down."""
    old = await asyncio.to_thread(company.add_person, fresh_email(), Role.OWNER)
    new = await asyncio.to_thread(company.add_person, fresh_email(), Role.OWNER)
    owner = Actor(company.id, old, Role.OWNER, "UTC")

    async def step_down(db: Db) -> None:
        await members.change_role(db, owner, new, Role.OWNER, now())
        await members.change_role(db, owner, old, Role.ENGINEER, now())

    def lower() -> httpx2.Response:
        headers = company.headers(Role.TEAM_ADMIN)
        return client.patch(f"{MEMBERS}/{new}", json={"role": "engineer"}, headers=headers)

    for _ in range(ROUNDS):
        _set_role(company, old, Role.OWNER)
        _set_role(company, new, Role.VIEWER)
        answer = await sent_meanwhile(database, company, step_down, lower)
        assert (answer.status_code, _role(company, old), _role(company, new)) == (403, "engineer", "owner")


def test_nobody_acts_after_they_were_lowered(client: TestClient, company: Company) -> None:
    admin, viewer = company.users[Role.TEAM_ADMIN], company.users[Role.VIEWER]

    def give(user_id: uuid.UUID, role: Role, by: Role) -> Request:
        return lambda: client.patch(f"{MEMBERS}/{user_id}", json={"role": role}, headers=company.headers(by))

    for _ in range(ROUNDS):
        _set_role(company, admin, Role.TEAM_ADMIN)
        _at_once(give(admin, Role.VIEWER, Role.OWNER), give(viewer, Role.ENGINEER, Role.TEAM_ADMIN))
        [(last,)] = company.query("SELECT actor_id FROM audit_log ORDER BY id DESC LIMIT 1")
        assert last == company.users[Role.OWNER]


def _lowering_the_admin(company: Company) -> Callable[[Db], Awaitable[None]]:
    """The change by which the owner makes the team admin a viewer."""

    async def lower(db: Db) -> None:
        admin = company.users[Role.TEAM_ADMIN]
        await members.change_role(db, _actor(company, Role.OWNER), admin, Role.VIEWER, now())

    return lower


def _requests(client: TestClient, company: Company) -> dict[str, Request]:
    """What a team admin can do to access; each request works once."""
    headers = company.headers(Role.TEAM_ADMIN)
    viewer = f"{MEMBERS}/{company.users[Role.VIEWER]}"
    invited = {"email": fresh_email(), "role": "viewer"}
    invitation = client.post(INVITATIONS, json=invited, headers=company.headers()).json()["id"]
    key = client.post(KEYS, json={"role": "viewer"}, headers=company.headers()).json()["id"]
    return {
        "change a role": lambda: client.patch(viewer, json={"role": "engineer"}, headers=headers),
        "remove a member": lambda: client.delete(viewer, headers=headers),
        "add a member": lambda: client.post(MEMBERS, json=invited, headers=headers),
        "invite": lambda: client.post(INVITATIONS, json=invited, headers=headers),
        "revoke an invitation": lambda: client.delete(f"{INVITATIONS}/{invitation}", headers=headers),
        "make a key": lambda: client.post(KEYS, json={"role": "viewer"}, headers=headers),
        "revoke a key": lambda: client.delete(f"{KEYS}/{key}", headers=headers),
    }


DEEDS = (
    "change a role",
    "remove a member",
    "add a member",
    "invite",
    "revoke an invitation",
    "make a key",
    "revoke a key",
)


@pytest.mark.anyio
@pytest.mark.parametrize("deed", DEEDS)
async def test_an_actor_lowered_meanwhile_changes_nothing_with_the_old_role(
    client: TestClient, company: Company, database: Database, deed: str
) -> None:
    request = _requests(client, company)[deed]
    before = _changes(company)

    answer = await sent_meanwhile(database, company, _lowering_the_admin(company), request)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:flowpilot:problem:forbidden")
    assert _changes(company) == [*before, "member.role_changed"]


@pytest.mark.anyio
@pytest.mark.parametrize("deed", DEEDS)
async def test_an_actor_removed_meanwhile_changes_nothing(
    client: TestClient, company: Company, database: Database, deed: str
) -> None:
    request = _requests(client, company)[deed]
    before = _changes(company)

    async def remove(db: Db) -> None:
        await members.remove_member(db, _actor(company, Role.OWNER), company.users[Role.TEAM_ADMIN], now())

    answer = await sent_meanwhile(database, company, remove, request)
    assert (answer.status_code, answer.json()["detail"]) == (403, "No account")
    assert _changes(company) == [*before, "member.removed"]


@pytest.mark.anyio
async def test_a_key_revoked_meanwhile_changes_nothing(
    client: TestClient, company: Company, database: Database
) -> None:
    [(key_id,)] = company.query("SELECT id FROM api_keys WHERE role = 'team_admin'")

    async def revoke(db: Db) -> None:
        await keys.revoke_key(db, _actor(company, Role.OWNER), key_id, now())

    answer = await sent_meanwhile(database, company, revoke, _requests(client, company)["change a role"])
    assert answer.status_code == 401
    assert _role(company, company.users[Role.VIEWER]) == "viewer"


@pytest.mark.anyio
async def test_an_invitation_lets_nobody_in_once_its_maker_is_lowered(
    client: TestClient, company: Company, database: Database
) -> None:
    body, headers = {"email": fresh_email(), "role": "viewer"}, company.headers(Role.TEAM_ADMIN)
    accepted = {
        "token": client.post(INVITATIONS, json=body, headers=headers).json()["token"],
        "password": PASSWORD,
    }

    answer = await sent_meanwhile(
        database,
        company,
        _lowering_the_admin(company),
        lambda: client.post(f"{INVITATIONS}/accept", json=accepted),
    )
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:flowpilot:problem:invitation-closed")


@pytest.mark.anyio
async def test_a_key_does_not_outrank_a_user_lowered_meanwhile(
    client: TestClient, company: Company, database: Database
) -> None:
    admin = company.users[Role.TEAM_ADMIN]
    body = {"role": "team_admin", "user_id": str(admin)}

    answer = await sent_meanwhile(
        database,
        company,
        _lowering_the_admin(company),
        lambda: client.post(KEYS, json=body, headers=company.headers()),
    )
    assert answer.status_code == 403
    assert answer.json()["detail"] == "The key's role (team_admin) is above that of its user (viewer)."


def _changes(company: Company) -> list[Any]:
    return [action for (action,) in company.query("SELECT action FROM audit_log ORDER BY id")]
