"""Only people who can sign in and claim can be assigned a handoff, wherever somebody is chosen."""

import uuid

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, fresh_email
from tests.handoffs.helpers import act, hand_over, send_escalation
from tests.sessions.flows import start


def _not_assignable(company: Company) -> list[uuid.UUID]:
    """A viewer, a person known only from an import, a program, and a person without a password."""
    viewer = company.add_person(fresh_email(), Role.VIEWER)
    unready = company.add_person(fresh_email(), Role.ENGINEER, password=None)
    return [viewer, company.add_imported("Ada"), company.users[Role.TEAM_ADMIN], unready]


def test_members_say_whether_work_can_be_assigned_to_them(client: TestClient, company: Company) -> None:
    engineer = company.add_person(fresh_email(), Role.ENGINEER)
    others = _not_assignable(company)
    listed = client.get("/api/v1/members", headers=company.headers()).json()["items"]
    found = {uuid.UUID(member["user_id"]): member["can_be_assigned"] for member in listed}
    assert found == {engineer: True} | dict.fromkeys([*others, *company.users.values()], False)
    only = client.get("/api/v1/members?assignable=true", headers=company.headers()).json()["items"]
    assert only == [member for member in listed if member["can_be_assigned"]] != []


def test_nobody_else_is_accepted_by_an_escalation(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    for user_id in _not_assignable(company):
        answer = send_escalation(client, company, session_id, target_user_id=str(user_id))
        problem = answer.json()
        found = answer.status_code, problem["type"], problem["field"]
        assert found == (422, "urn:flowpilot:problem:not-assignable", "target_user_id")
    engineer = company.add_person(fresh_email(), Role.ENGINEER)
    answer = send_escalation(client, company, session_id, target_user_id=str(engineer))
    assert answer.status_code == 201


def test_nobody_else_is_accepted_by_a_reassignment(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)

    def reassigned(user_id: uuid.UUID) -> int:
        return act(client, handoff, "reassign", company.headers(), target_user_id=str(user_id)).status_code

    assert [reassigned(user_id) for user_id in _not_assignable(company)] == [422] * 4
    assert reassigned(company.add_person(fresh_email(), Role.ENGINEER)) == 200
