"""Members and their roles."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity import members, passwords
from flowpilot.identity.actor import Actor, Role
from flowpilot.wiring import wire_features
from tests.company import PASSWORD, Company, fresh_email, run

MEMBERS = "/api/v1/members"


@pytest.fixture
def known(neighbour: Company) -> str:
    """The e-mail of somebody in another account, to whom the operator gave a password."""
    neighbour.add_person(email := fresh_email(), Role.VIEWER)
    return email


def _add(client: TestClient, company: Company, email: str, role: Role = Role.VIEWER) -> httpx2.Response:
    return client.post(MEMBERS, json={"email": email, "role": role}, headers=company.headers())


def test_adding_somebody_who_has_a_password_from_the_operator(
    client: TestClient, company: Company, known: str
) -> None:
    body = {"email": known, "role": "engineer"}
    answer = client.post(MEMBERS, json=body, headers=company.headers(Role.TEAM_ADMIN))
    assert answer.status_code == 201
    listed = client.get(MEMBERS, headers=company.headers()).json()["items"]
    assert [member for member in listed if member["email"] == known] == [answer.json()]
    assert answer.json()["can_sign_in"] is True


def test_a_role_that_the_caller_saw_is_checked(client: TestClient, company: Company) -> None:
    path, viewer = f"{MEMBERS}/{company.users[Role.VIEWER]}", company.users[Role.VIEWER]
    refused = client.patch(path, json={"role": "team_admin", "from_role": "engineer"}, headers=company.headers())
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:flowpilot:problem:role-changed"
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", viewer) == [("viewer",)]
    body = {"role": "team_admin", "from_role": "viewer"}
    assert client.patch(path, json=body, headers=company.headers()).status_code == 204


def test_nobody_chooses_the_password_of_another(client: TestClient, company: Company, known: str) -> None:
    for email in (known, fresh_email()):
        body = {"email": email, "role": "viewer", "password": PASSWORD}
        answer = client.post(MEMBERS, json=body, headers=company.headers())
        assert answer.status_code == 422
        assert answer.json()["detail"] == (
            "body.password: Nobody may choose another person's password. Leave it out. Invite people who have none"
            ": POST /api/v1/invitations."
        )
        assert company.query("SELECT count(*) FROM memberships") == [(len(Role),)]


def test_somebody_new_and_somebody_whom_another_account_invited_have_to_be_invited(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    """The inviter has the link, and could choose a stranger's password with it. Both get the same answer."""
    invited, new = fresh_email(), fresh_email()
    _take(client, neighbour, invited)
    answers = [_add(client, company, email) for email in (invited, new)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert [answer.json()["type"] for answer in answers] == ["urn:flowpilot:problem:invitation-needed"] * 2
    assert answers[0].json()["detail"].replace(invited, new) == answers[1].json()["detail"]


def test_taking_a_strangers_email_does_not_open_the_strangers_account(
    client: TestClient, company: Company, neighbour: Company, urls: DatabaseUrls
) -> None:
    stranger = fresh_email()
    _take(client, neighbour, stranger)
    with pytest.raises(members.KnownPersonError, match="may have chosen their password"):
        run(urls, lambda database: _add_as_operator(database, company, stranger))
    run(urls, lambda database: passwords.reset(database, stranger, "only the stranger has it", now()))
    assert _add(client, company, stranger, Role.OWNER).status_code == 201
    assert client.post("/api/v1/auth/token", data={"username": stranger, "password": PASSWORD}).status_code == 401


def _take(client: TestClient, account: Company, email: str) -> None:
    """Somebody of the account invites the e-mail, and accepts in its name, with a password of their own."""
    body = {"email": email, "role": "viewer"}
    token = client.post("/api/v1/invitations", json=body, headers=account.headers()).json()["token"]
    answer = client.post("/api/v1/invitations/accept", json={"token": token, "password": PASSWORD})
    assert answer.status_code == 201


async def _add_as_operator(database: Database, company: Company, email: str) -> None:
    async with database.write(company.id) as db:
        await members.add_new_member(db, company.id, email, Role.OWNER, now())


def test_members_of_others_are_not_listed(client: TestClient, company: Company, neighbour: Company) -> None:
    listed = client.get(MEMBERS, headers=company.headers()).json()["items"]
    assert {member["user_id"] for member in listed} == {str(user) for user in company.users.values()}


def test_the_list_is_paged(client: TestClient, company: Company) -> None:
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get(MEMBERS, params=params, headers=company.headers()).json()
        seen += [member["user_id"] for member in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(str(user) for user in company.users.values())


@pytest.mark.parametrize(
    ("words", "found"),
    [("ada", ["Ada Lovelace"]), ("LOVE ada", ["Ada Lovelace"]), ("ada hopper", []), ("a%a", []), (" ", None)],
)
def test_members_are_found_by_parts_of_their_names(
    client: TestClient, company: Company, neighbour: Company, words: str, found: list[str] | None
) -> None:
    for whose, name in ((company, "Ada Lovelace"), (company, "Grace Hopper"), (neighbour, "Ada Byron")):
        whose.add_imported(name)
    page = client.get(MEMBERS, params={"q": words}, headers=company.headers()).json()
    if found is None:
        assert len(page["items"]) == len(company.users) + 2
    else:
        assert [member["name"] for member in page["items"]] == found


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_only_admins_manage(client: TestClient, company: Company, role: Role) -> None:
    body = {"email": fresh_email(), "role": "viewer"}
    answer = client.post(MEMBERS, json=body, headers=company.headers(role))
    assert answer.status_code == 403


def test_nobody_grants_a_role_above_their_own(client: TestClient, company: Company) -> None:
    body = {"email": fresh_email(), "role": "owner"}
    assert client.post(MEMBERS, json=body, headers=company.headers(Role.TEAM_ADMIN)).status_code == 403
    engineer = company.users[Role.ENGINEER]
    answer = client.patch(
        f"{MEMBERS}/{engineer}", json={"role": "owner"}, headers=company.headers(Role.TEAM_ADMIN)
    )
    assert answer.status_code == 403


def test_a_team_admin_does_not_touch_an_owner(client: TestClient, company: Company) -> None:
    owner = company.users[Role.OWNER]
    headers = company.headers(Role.TEAM_ADMIN)
    assert client.delete(f"{MEMBERS}/{owner}", headers=headers).status_code == 403
    assert client.patch(f"{MEMBERS}/{owner}", json={"role": "viewer"}, headers=headers).status_code == 403


def test_the_last_owner_who_can_sign_in_stays(client: TestClient, company: Company) -> None:
    """The owner's API key has an owner of its own, who could not let anybody back in."""
    owner = company.add_person(fresh_email(), Role.OWNER)
    removed = client.delete(f"{MEMBERS}/{owner}", headers=company.headers())
    lowered = client.patch(f"{MEMBERS}/{owner}", json={"role": "viewer"}, headers=company.headers())
    assert (removed.status_code, lowered.status_code) == (409, 409)
    company.add_person(fresh_email(), Role.OWNER)
    lowered = client.patch(f"{MEMBERS}/{owner}", json={"role": "viewer"}, headers=company.headers())
    assert lowered.status_code == 204


def test_the_only_owner_stays_even_as_an_integration(client: TestClient, company: Company) -> None:
    owner = company.users[Role.OWNER]
    assert client.delete(f"{MEMBERS}/{owner}", headers=company.headers()).status_code == 409


@pytest.mark.parametrize(("whom", "refusal"), [("themselves", "LastOwnerError"), ("each other", "NoAccountError")])
def test_two_owners_removed_at_once_leave_one(company: Company, whom: str, refusal: str) -> None:
    wire_features()
    users = [company.add_person(fresh_email(), Role.OWNER) for _ in range(2)]
    actors = [Actor(company.id, user, Role.OWNER, "UTC") for user in users]

    async def remove(database: Database, actor: Actor, other: Actor) -> None:
        async with database.write(company.id) as db:
            await members.remove_member(db, actor, other.user_id, now())

    async def race(_: Database) -> list[BaseException | None]:
        databases = [Database(company.urls.runtime, pool_size=1) for _ in actors]
        others = actors if whom == "themselves" else reversed(actors)
        tries = [remove(*each) for each in zip(databases, actors, others, strict=True)]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        for database in databases:
            await database.close()
        return outcomes

    outcomes = run(company.urls, race)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [refusal, "NoneType"]
    # One of the two, and the owner of the API key.
    assert company.query("SELECT count(*) FROM memberships WHERE role = 'owner'") == [(2,)]


def test_a_member_twice_is_a_conflict(client: TestClient, company: Company, known: str) -> None:
    assert _add(client, company, known).status_code == 201
    assert _add(client, company, known).json()["type"] == "urn:flowpilot:problem:already-member"


def test_a_member_of_others_and_nobody_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    theirs = client.delete(f"{MEMBERS}/{neighbour.users[Role.VIEWER]}", headers=company.headers())
    nobody = client.delete(f"{MEMBERS}/{new_id()}", headers=company.headers())
    assert theirs.status_code == nobody.status_code == 404
    assert theirs.json()["detail"] == nobody.json()["detail"]


def test_bad_input_is_422_and_says_where(client: TestClient, company: Company) -> None:
    body = {"email": "no-address", "role": "king", "password": "short"}
    answer = client.post(MEMBERS, json=body, headers=company.headers())
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"body.email", "body.role", "body.password"}


def test_every_change_is_in_the_audit_log(client: TestClient, company: Company, known: str) -> None:
    user = _add(client, company, known).json()["user_id"]
    client.patch(f"{MEMBERS}/{user}", json={"role": "engineer"}, headers=company.headers())
    # The role that they have is no change.
    client.patch(f"{MEMBERS}/{user}", json={"role": "engineer"}, headers=company.headers())
    client.delete(f"{MEMBERS}/{user}", headers=company.headers())
    log = client.get("/api/v1/audit-log", headers=company.headers()).json()["items"]
    about_them = [entry for entry in log if entry["target_id"] == user]
    assert [(entry["action"], entry["before"], entry["after"]) for entry in about_them] == [
        ("member.removed", {"role": "engineer"}, {"revoked_keys": []}),
        ("member.role_changed", {"role": "viewer"}, {"role": "engineer"}),
        ("member.added", None, {"role": "viewer"}),
    ]
    assert {entry["actor_id"] for entry in about_them} == {str(company.users[Role.OWNER])}


@pytest.mark.parametrize("name", ["a\x00b", "x" * 201])
def test_a_name_that_cannot_be_kept_is_422(client: TestClient, company: Company, name: str) -> None:
    body = {"email": fresh_email(), "role": "viewer", "name": name}
    assert client.post(MEMBERS, json=body, headers=company.headers()).status_code == 422


def test_the_same_person_many_times_at_once_is_added_once(
    client: TestClient, company: Company, known: str
) -> None:
    with ThreadPoolExecutor(5) as pool:
        posts = [pool.submit(_add, client, company, known) for _ in range(5)]
        statuses = sorted(post.result().status_code for post in posts)
    assert statuses == [201, 409, 409, 409, 409]


def test_errors_do_not_tell_what_was_sent_to_the_database(company: Company) -> None:
    async def fail(database: Database) -> None:
        async with database.write(company.id) as db:
            await db.execute(text("SELECT CAST(:secret AS integer)"), {"secret": "$argon2id$hash"})

    with pytest.raises(DBAPIError) as failed:
        run(company.urls, fail)
    assert "[SQL parameters hidden" in str(failed.value)
