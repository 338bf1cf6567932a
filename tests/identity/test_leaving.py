"""What members own besides work when they leave: a stopwatch, channels, invitations and keys."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity import leaving
from flowpilot.identity.actor import Actor, Role
from flowpilot.identity.members import remove_member
from tests.company import Company, add_colleague, fresh_email, run
from tests.handoffs.helpers import Person, join
from tests.handoffs.leaving.leavers import MEMBERS, Leave, lower, remove

SLACK = {"kind": "slack", "name": "My phone", "url": "https://8.8.8.8/services/SECRETPATH", "mine": True}
BOTH_WAYS = pytest.mark.parametrize("leave", [remove, lower])


def _holdings(client: TestClient, company: Company, person: Person) -> list[tuple[str, str]]:
    answer = client.get(f"{MEMBERS}/{person.id}/holdings", headers=company.headers())
    return [(item["kind"], item["name"]) for item in answer.json()["items"] if item["kind"] != "api_key"]


def _invite(client: TestClient, by: Person, role: Role) -> str:
    email = fresh_email()
    made = client.post("/api/v1/invitations", json={"email": email, "role": role}, headers=by.headers)
    assert made.status_code == 201, made.text
    return email


def _revoked(company: Company) -> list[str]:
    found = company.query("SELECT email FROM invitations WHERE revoked_at IS NOT NULL ORDER BY id")
    return [email for (email,) in found]


@BOTH_WAYS
def test_a_running_stopwatch_has_measured_nothing(client: TestClient, company: Company, leave: Leave) -> None:
    kim = join(client, company, "Kim")
    stopped = client.post("/api/v1/baselines/start", json={}, headers=kim.headers).json()["id"]
    begun = now() - timedelta(minutes=1)
    company.query("UPDATE handoff_baselines SET created_at = %s RETURNING id", begun)
    client.post(f"/api/v1/baselines/{stopped}/stop", headers=kim.headers).raise_for_status()
    client.post("/api/v1/baselines/start", json={"note": "Printer"}, headers=kim.headers).raise_for_status()
    assert _holdings(client, company, kim) == [("stopwatch", "Printer")]
    leave(client, company, kim)
    assert [str(row) for (row,) in company.query("SELECT id FROM handoff_baselines")] == [stopped]


@BOTH_WAYS
def test_their_own_channels_are_removed_with_their_addresses(
    client: TestClient, company: Company, leave: Leave
) -> None:
    kim = join(client, company, "Kim")
    client.post("/api/v1/notification-channels", json=SLACK, headers=kim.headers).raise_for_status()
    desk = SLACK | {"name": "Desk", "mine": False}
    client.post("/api/v1/notification-channels", json=desk, headers=company.headers()).raise_for_status()
    assert _holdings(client, company, kim) == [("notification_channel", "My phone")]
    leave(client, company, kim)
    query = "SELECT name, is_active, url_encrypted = '' FROM notification_channels ORDER BY id"
    assert company.query(query) == [("My phone", False, True), ("Desk", True, False)]
    removed = "SELECT actor_id FROM audit_log WHERE action = 'channel.removed'"
    assert company.query(removed) == [(company.users[Role.OWNER],)]


@BOTH_WAYS
def test_their_open_invitations_are_revoked(client: TestClient, company: Company, leave: Leave) -> None:
    """They know the links, and could use them to come back."""
    kim, lou = join(client, company, "Kim", Role.TEAM_ADMIN), join(client, company, "Lou", Role.TEAM_ADMIN)
    theirs = _invite(client, kim, Role.VIEWER)
    _invite(client, lou, Role.VIEWER)
    assert _holdings(client, company, kim) == [("invitation", theirs)]
    leave(client, company, kim)
    assert _revoked(company) == [theirs]
    revoked = "SELECT actor_id, after ->> 'email' FROM audit_log WHERE action = 'invitation.revoked'"
    assert company.query(revoked) == [(company.users[Role.OWNER], theirs)]


def test_a_lower_role_keeps_the_invitations_that_it_could_make(client: TestClient, company: Company) -> None:
    company.let_sign_in(company.users[Role.OWNER])  # Otherwise Kim is the last owner.
    kim = join(client, company, "Kim", Role.OWNER)
    above, _ = _invite(client, kim, Role.OWNER), _invite(client, kim, Role.ENGINEER)
    body = {"role": "team_admin"}
    client.patch(f"{MEMBERS}/{kim.id}", json=body, headers=company.headers()).raise_for_status()
    assert _revoked(company) == [above]


def test_keys_that_they_made_for_programs_are_listed_and_stay(client: TestClient, company: Company) -> None:
    kim = join(client, company, "Kim", Role.TEAM_ADMIN)
    made = client.post("/api/v1/api-keys", json={"role": "viewer", "name": "Wall"}, headers=kim.headers).json()
    assert _holdings(client, company, kim) == [("key_made_for_others", "Wall")]
    remove(client, company, kim)
    answer = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {made['key']}"})
    assert answer.status_code == 200


def test_a_program_that_hands_nothing_over_removes_nobody(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "hooks", [])
    owner = Actor(company.id, company.users[Role.OWNER], Role.OWNER, "UTC")

    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            kim = await add_colleague(db, company.id, "Kim")
        async with database.write(company.id) as db:
            await remove_member(db, owner, kim, now())

    with pytest.raises(RuntimeError, match="wire_features"):
        run(company.urls, work)
