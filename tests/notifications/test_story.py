"""From an escalation over HTTP to the notifications that people get, with nothing put into tables by hand."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver

pytestmark = pytest.mark.anyio


async def test_people_are_notified_of_a_handoff_from_beginning_to_end(
    client: TestClient, desk: Desk, hooks: Receiver
) -> None:
    def post(path: str, role: Role, **body: Any) -> Any:
        return desk.post(client, role, path, **body)

    def heard(role: Role) -> list[str]:
        page = client.get("/api/v1/notifications", headers=desk.company.headers(role)).json()
        return [item["text"] for item in page["items"]]

    await desk.channel(ChannelKind.SLACK, hooks.url())
    session = post("/ai-sessions", Role.ENGINEER, problem_summary="The scanner sends blank pages")
    handoff = post(f"/ai-sessions/{session['id']}/handoffs", Role.ENGINEER, reason="I have no access to it")
    await desk.work()
    path = f"/handoffs/{handoff['id']}"
    post(f"{path}/claim", Role.OWNER)
    post(f"{path}/release", Role.TEAM_ADMIN, reason="Wrong team")
    post(f"{path}/reassign", Role.ENGINEER, target_user_id=str(desk.company.users[Role.TEAM_ADMIN]))
    post(f"{path}/claim", Role.TEAM_ADMIN)
    post(f"{path}/close", Role.TEAM_ADMIN, outcome="returned", note="Clean the glass")
    await desk.work()
    problem = "“The scanner sends blank pages”"
    wrong_team = f"team_admin has returned {problem} to the queue: Wrong team."
    assert heard(Role.ENGINEER) == [
        f"team_admin has closed {problem}: given back. Clean the glass.",
        f"team_admin has claimed {problem} after less than a minute.",
        wrong_team,
        f"owner has claimed {problem} after less than a minute.",
    ]
    assert heard(Role.OWNER) == [wrong_team, f"engineer needs help with {problem}."]
    assert heard(Role.TEAM_ADMIN) == [
        f"engineer has reassigned {problem} to team_admin.",
        f"engineer needs help with {problem}.",
    ]
    assert heard(Role.VIEWER) == []
    assert desk.log("status") == [("sent",)] * 6
    assert len(hooks.requests) == 6
