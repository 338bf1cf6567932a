"""Who may work on a session, and who may only look."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from tests.company import Company, found_company
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, read, start, take

# Everything that changes a session that is open, or has ended.
CHANGES: dict[str, dict[str, Any]] = {
    "steps": {"free_text": "Looked at it."},
    "back": {},
    "flow": {"flow_id": None},
    "pause": {},
    "resume": {},
    "resolve": {"summary": "Solved."},
    "abandon": {},
    "rating": {"rating": 3},
}
READS = ["", "/documentation", "/documentation.md", "/documentation.txt"]


@pytest.fixture(scope="module")
def shop(urls: DatabaseUrls, client: TestClient) -> Company:
    """An account with a flow."""
    shop = found_company(urls)
    publish_printer_flow(client, shop)
    return shop


@pytest.fixture
def session_id(client: TestClient, shop: Company) -> str:
    """A session of the engineer's."""
    session_id: str = start(client, shop)["id"]
    return session_id


def _stranger(client: TestClient, shop: Company) -> dict[str, str]:
    """An engineer of the account who has nothing to do with the session."""
    made = client.post("/api/v1/api-keys", headers=shop.headers(), json={"role": "engineer", "name": "stranger"})
    return {"Authorization": f"Bearer {made.json()['key']}"}


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.TEAM_ADMIN, Role.OWNER])
def test_its_starter_and_managers_may_work_on_it(
    client: TestClient, shop: Company, session_id: str, role: Role
) -> None:
    state = take(client, shop, session_id, role, choice="No")
    assert state["steps"][0]["actor_id"] == str(shop.users[role])


@pytest.mark.parametrize("role", Role)
def test_only_actions_the_caller_may_do_are_offered(
    client: TestClient, shop: Company, session_id: str, role: Role
) -> None:
    offered = read(client, shop, session_id, role)["allowed"]
    for_workers = ["step", "pause", "verify", "escalate", "resolve", "abandon", "note"]
    assert offered == ([] if role == Role.VIEWER else for_workers)


@pytest.mark.parametrize("change", CHANGES)
def test_another_engineer_learns_how_to_get_it(
    client: TestClient, shop: Company, session_id: str, change: str
) -> None:
    before = read(client, shop, session_id)
    answer = client.post(
        f"{SESSIONS}/{session_id}/{change}", headers=_stranger(client, shop), json=CHANGES[change]
    )
    assert answer.status_code == 403
    words = "Somebody else works on this session. Claim its handoff, or ask a team admin."
    assert answer.json()["detail"] == words
    assert read(client, shop, session_id) == before


def test_another_engineer_corrects_nothing_but_reads_all(
    client: TestClient, shop: Company, session_id: str
) -> None:
    stranger = _stranger(client, shop)
    body = {"client_name": "Somebody"}
    assert client.patch(f"{SESSIONS}/{session_id}", headers=stranger, json=body).status_code == 403
    seen = client.get(f"{SESSIONS}/{session_id}", headers=stranger).json()
    assert seen == read(client, shop, session_id) | {"allowed": []}


def test_its_claimant_works_on_it_and_its_starter_adds_notes(
    client: TestClient, shop: Company, session_id: str
) -> None:
    stranger = _stranger(client, shop)
    handoff_id = post(client, shop, f"{session_id}/handoffs", reason="Out of ideas.").json()["id"]
    client.post(f"/api/v1/handoffs/{handoff_id}/claim", headers=stranger).raise_for_status()
    senior_id = client.get("/api/v1/auth/me", headers=stranger).json()["user_id"]
    body = {"free_text": "Looked at it."}
    assert client.post(f"{SESSIONS}/{session_id}/steps", headers=stranger, json=body).status_code == 201
    state = take(client, shop, session_id, free_text="Called the user again.")
    assert [step["actor_id"] for step in state["steps"]] == [senior_id, str(shop.users[Role.ENGINEER])]
    assert (state["owner_id"], state["user_id"]) == (senior_id, str(shop.users[Role.ENGINEER]))
    for_the_senior = client.get(f"{SESSIONS}/{session_id}", headers=stranger).json()["allowed"]
    assert (state["allowed"], for_the_senior) == (["note"], ["step", "verify", "resolve", "abandon", "note"])


@pytest.mark.parametrize("change", CHANGES)
def test_a_viewer_changes_nothing(client: TestClient, shop: Company, session_id: str, change: str) -> None:
    before = read(client, shop, session_id)
    answer = post(client, shop, f"{session_id}/{change}", Role.VIEWER, **CHANGES[change])
    assert answer.status_code == 403
    assert read(client, shop, session_id) == before


def test_a_viewer_corrects_nothing(client: TestClient, shop: Company, session_id: str) -> None:
    body = {"client_name": "Somebody"}
    headers = shop.headers(Role.VIEWER)
    assert client.patch(f"{SESSIONS}/{session_id}", headers=headers, json=body).status_code == 403


@pytest.mark.parametrize("path", READS)
def test_a_viewer_reads(client: TestClient, shop: Company, session_id: str, path: str) -> None:
    assert client.get(f"{SESSIONS}/{session_id}{path}", headers=shop.headers(Role.VIEWER)).status_code == 200


@pytest.mark.parametrize("change", CHANGES)
def test_a_neighbours_session_and_nobodys_are_the_same_404(
    client: TestClient, shop: Company, neighbour: Company, session_id: str, change: str
) -> None:
    answers = [
        post(client, neighbour, f"{each}/{change}", Role.OWNER, **CHANGES[change])
        for each in (session_id, new_id())
    ]
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (404, "There is no such session.")
    ] * 2


@pytest.mark.parametrize("path", READS)
def test_a_neighbours_session_is_not_read(
    client: TestClient, shop: Company, neighbour: Company, session_id: str, path: str
) -> None:
    answers = [
        client.get(f"{SESSIONS}/{each}{path}", headers=neighbour.headers()) for each in (session_id, new_id())
    ]
    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (404, "There is no such session.")
    ] * 2


def test_a_neighbours_session_is_not_corrected(
    client: TestClient, shop: Company, neighbour: Company, session_id: str
) -> None:
    body = {"client_name": "Somebody"}
    answer = client.patch(f"{SESSIONS}/{session_id}", headers=neighbour.headers(), json=body)
    assert answer.status_code == 404
    assert read(client, shop, session_id)["client_name"] is None


def test_a_former_member_has_no_name(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    engineer = str(company.users[Role.ENGINEER])
    client.delete(f"/api/v1/members/{engineer}", headers=company.headers()).raise_for_status()
    session = read(client, company, session_id, Role.VIEWER)
    assert session["started_by"] == {"id": engineer, "name": None}
    assert session["owner"] is None
    # Who had the engineer leave laid the session aside.
    assert session["people"] == [{"id": str(company.users[Role.OWNER]), "name": "owner"}]
