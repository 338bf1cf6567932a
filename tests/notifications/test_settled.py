"""A person gets no message that no longer applies, and need not read one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver, free_port, mail_server

pytestmark = pytest.mark.anyio

LIST = "/api/v1/notifications"
PROBLEM = "The scanner sends blank pages"

Do = Callable[..., Any]


@pytest.fixture
def do(client: TestClient, desk: Desk) -> Do:
    """`do(role, path, **body)`: a POST by that role's key; `do(role)` escalates and returns the handoff's path."""

    def post(role: Role, path: str | None = None, **body: Any) -> Any:
        if path is not None:
            return desk.post(client, role, path, **body)
        session = desk.post(client, role, "/ai-sessions", problem_summary=PROBLEM)
        handoffs = f"/ai-sessions/{session['id']}/handoffs"
        made = desk.post(client, role, handoffs, reason="I have no access to it", **body)
        return f"/handoffs/{made['id']}"

    return post


def _unread(client: TestClient, desk: Desk, role: Role) -> list[str]:
    page = client.get(f"{LIST}?unread=true", headers=desk.company.headers(role)).json()
    assert page["unread_count"] == len(page["items"])
    return [item["kind"] for item in page["items"]]


async def test_after_an_outage_nobody_is_asked_for_help_no_longer_needed(desk: Desk, do: Do) -> None:
    port = free_port()
    posted = desk.with_mail(port)
    _, email = await posted.person(Role.TEAM_ADMIN)
    handoff = do(Role.ENGINEER)
    await posted.work()
    assert posted.log("status") == [("pending",)]
    do(Role.OWNER, f"{handoff}/claim")
    do(Role.OWNER, f"{handoff}/close", outcome="resolved", note="Cleaned the glass")
    with mail_server(port) as mailbox:
        await posted.work_again()
        assert mailbox.recipients == []
        other = do(Role.ENGINEER)
        await posted.work()
        assert mailbox.recipients == [email]
    assert other != handoff
    assert posted.log("status", "attempts", "error") == [
        ("dropped", 1, "It has been closed: resolved."),
        ("sent", 1, None),
    ]


@pytest.mark.parametrize(
    ("steps", "unread"),
    [
        ([], {Role.OWNER: ["created"], Role.TEAM_ADMIN: ["created"], Role.ENGINEER: []}),
        ([(Role.OWNER, "claim", {})], {Role.OWNER: [], Role.TEAM_ADMIN: [], Role.ENGINEER: ["claimed"]}),
        (
            [(Role.OWNER, "claim", {}), (Role.OWNER, "release", {"reason": "Wrong team"})],
            {Role.OWNER: ["created"], Role.TEAM_ADMIN: ["created"], Role.ENGINEER: ["released"]},
        ),
        (
            [
                (Role.OWNER, "claim", {}),
                (Role.OWNER, "release", {"reason": "Wrong team"}),
                (Role.TEAM_ADMIN, "claim", {}),
            ],
            {Role.OWNER: [], Role.TEAM_ADMIN: [], Role.ENGINEER: ["claimed"]},
        ),
        (
            [(Role.OWNER, "claim", {}), (Role.TEAM_ADMIN, "close", {"outcome": "parked"})],
            {Role.OWNER: ["closed"], Role.TEAM_ADMIN: [], Role.ENGINEER: ["closed"]},
        ),
        (
            [(Role.ENGINEER, "close", {"outcome": "parked"})],
            {Role.OWNER: [], Role.TEAM_ADMIN: [], Role.ENGINEER: []},
        ),
    ],
    ids=["escalated", "claimed", "released", "claimed again", "closed", "withdrawn"],
)
async def test_a_notification_is_unread_while_it_applies(
    client: TestClient,
    desk: Desk,
    do: Do,
    steps: list[tuple[Role, str, dict[str, Any]]],
    unread: dict[Role, list[str]],
) -> None:
    handoff = do(Role.ENGINEER)
    await desk.work()
    for role, action, body in steps:
        do(role, f"{handoff}/{action}", **body)
    await desk.work()
    assert {role: _unread(client, desk, role) for role in unread} == unread


async def test_it_is_settled_in_the_moment_of_the_claim(client: TestClient, desk: Desk, do: Do) -> None:
    handoff = do(Role.ENGINEER)
    await desk.work()
    do(Role.OWNER, f"{handoff}/claim")
    assert _unread(client, desk, Role.TEAM_ADMIN) == []
    [item] = client.get(LIST, headers=desk.company.headers(Role.TEAM_ADMIN)).json()["items"]
    assert (item["read_at"], item["settled"]) == (None, "owner has claimed it.")


async def test_a_handoff_assigned_to_somebody_concerns_nobody_else(client: TestClient, desk: Desk, do: Do) -> None:
    handoff = do(Role.ENGINEER)
    await desk.work()
    do(Role.ENGINEER, f"{handoff}/reassign", target_user_id=str(desk.company.users[Role.OWNER]))
    await desk.work()
    assert _unread(client, desk, Role.OWNER) == ["reassigned", "created"]
    assert _unread(client, desk, Role.TEAM_ADMIN) == []


async def test_the_former_holder_reads_so_until_it_is_closed(client: TestClient, desk: Desk, do: Do) -> None:
    handoff = do(Role.ENGINEER)
    do(Role.TEAM_ADMIN, f"{handoff}/claim")
    do(Role.OWNER, f"{handoff}/reassign", target_user_id=str(desk.company.users[Role.OWNER]))
    await desk.work()
    assert _unread(client, desk, Role.TEAM_ADMIN) == ["reassigned"]
    do(Role.OWNER, f"{handoff}/claim")
    assert _unread(client, desk, Role.TEAM_ADMIN) == ["reassigned"]
    do(Role.OWNER, f"{handoff}/close", outcome="resolved", note="Cleaned the glass")
    assert _unread(client, desk, Role.TEAM_ADMIN) == []


async def test_an_opinion_is_read_by_who_holds_it_then(client: TestClient, desk: Desk, do: Do) -> None:
    handoff = do(Role.ENGINEER)
    do(Role.OWNER, f"{handoff}/claim")
    said = {"opinion": "It is the glass."}
    path = f"/api/v1{handoff}/opinion"
    assert client.put(path, headers=desk.company.headers(Role.ENGINEER), json=said).status_code == 200
    await desk.work()
    item = client.get(LIST, headers=desk.company.headers(Role.OWNER)).json()["items"][0]
    assert item["text"] == f"engineer has said what they think of “{PROBLEM}”: It is the glass."
    assert (item["path"], item["settled"]) == (f"/sessions/{item['session_id']}", None)
    do(Role.OWNER, f"{handoff}/release", reason="Wrong team")
    assert _unread(client, desk, Role.OWNER) == ["created"]


async def test_once_it_is_closed_that_is_kept(desk: Desk, do: Do) -> None:
    handoff = do(Role.ENGINEER)
    await desk.work()
    do(Role.OWNER, f"{handoff}/claim")
    do(Role.OWNER, f"{handoff}/close", outcome="resolved", note="Cleaned the glass")
    await desk.work()
    kept = desk.company.query(
        "SELECT e.kind, n.settled_at IS NOT NULL FROM notifications n JOIN handoff_events e ON e.id = n.event_id "
        "ORDER BY e.number, n.user_id"
    )
    assert kept == [("created", True), ("created", True), ("claimed", True), ("closed", False)]


async def test_the_accounts_channel_and_a_webhook_learn_that_it_is_settled(
    desk: Desk, hooks: Receiver, do: Do
) -> None:
    hooks.will_answer(500, 500)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.channel(ChannelKind.WEBHOOK, hooks.url(), Role.TEAM_ADMIN, mine=True)
    handoff = do(Role.ENGINEER)
    await desk.work()
    hooks.requests.clear()
    do(Role.OWNER, f"{handoff}/claim")
    await desk.work_again()
    bodies = [json.loads(request.body)["text"] for request in hooks.requests]
    assert sorted(text for text in bodies if "needs help" in text) == [
        f"Help needed (settled): {PROBLEM}\nengineer needs help with “{PROBLEM}”. owner has claimed it.",
        f"engineer needs help with “{PROBLEM}”. owner has claimed it.",
    ]


async def test_ones_own_slack_gets_nothing_that_no_longer_applies(desk: Desk, hooks: Receiver, do: Do) -> None:
    hooks.will_answer(500)
    await desk.channel(ChannelKind.SLACK, hooks.url(), Role.TEAM_ADMIN, mine=True)
    handoff = do(Role.ENGINEER)
    await desk.work()
    do(Role.OWNER, f"{handoff}/claim")
    await desk.work_again()
    assert (len(hooks.requests), desk.log("status", "error")) == (1, [("dropped", "owner has claimed it.")])
