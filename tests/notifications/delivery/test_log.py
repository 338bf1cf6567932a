"""The log of deliveries: who sees what of it, and trying again what has failed."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.company import Company
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver

pytestmark = pytest.mark.anyio

LOG = "/api/v1/notification-deliveries"


def _list(client: TestClient, company: Company, role: Role = Role.OWNER, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(LOG + query, headers=company.headers(role))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_test_message_is_in_the_log(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    channel, _ = await desk.channel(ChannelKind.SLACK, hooks.url())
    headers = desk.company.headers()
    answer = client.post(f"/api/v1/notification-channels/{channel}/test", headers=headers)
    assert answer.status_code == 202
    await desk.work()
    [item] = _list(client, desk.company)
    assert item == {
        "id": answer.json()["delivery_id"],
        "kind": "slack",
        "event_id": None,
        "channel_id": str(channel),
        "user_id": None,
        "status": "sent",
        "attempts": 1,
        "response_status": 200,
        "error": None,
        "created_at": item["created_at"],
        "last_attempt_at": item["last_attempt_at"],
        "sent_at": item["last_attempt_at"],
    }
    assert len(hooks.requests) == 1


async def test_the_log_can_be_narrowed_and_paged(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(404)
    first, _ = await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    second, _ = await desk.channel(ChannelKind.TEAMS, hooks.url())
    await desk.escalates()
    await desk.work()
    newest, middle, oldest = _list(client, desk.company)
    assert (oldest["status"], oldest["channel_id"]) == ("failed", str(first))
    assert {newest["channel_id"], middle["channel_id"]} == {str(first), str(second)}
    assert _list(client, desk.company, query="?status=failed") == [oldest]
    assert len(_list(client, desk.company, query=f"?channel_id={second}")) == 1
    assert _list(client, desk.company, query=f"?cursor={newest['id']}&limit=1") == [middle]


async def test_an_engineer_sees_what_was_sent_to_them(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.channel(ChannelKind.SLACK, hooks.url(), Role.TEAM_ADMIN, mine=True)
    other, _ = await desk.person(Role.ENGINEER)
    engineer = desk.company.users[Role.ENGINEER]
    own, _ = await desk.channel(ChannelKind.SLACK, hooks.url(), Role.ENGINEER, mine=True)
    await desk.happens(desk.escalated(created_by=other), HandoffEventKind.CREATED, other)
    await desk.work()
    [item] = _list(client, desk.company, Role.ENGINEER)
    assert (item["channel_id"], item["user_id"]) == (str(own), str(engineer))
    assert len(_list(client, desk.company)) == 3


async def test_a_neighbour_sees_and_retries_nothing(
    client: TestClient, desk: Desk, neighbour: Company, hooks: Receiver
) -> None:
    hooks.will_answer(404)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert _list(client, neighbour) == []
    [(delivery,)] = desk.log("id")
    answers = [client.post(f"{LOG}/{one}/retry", headers=neighbour.headers()) for one in (delivery, new_id())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert (desk.log("status"), desk.jobs()) == ([("failed",)], [])


async def test_a_failed_message_is_tried_again_once(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(404)
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.escalates()
    await desk.work()
    [(delivery,)] = desk.log("id")
    path, headers = f"{LOG}/{delivery}/retry", desk.company.headers()
    assert client.post(path, headers=headers).json() == {"delivery_id": str(delivery)}
    again = client.post(path, headers=headers)
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "This delivery is pending. Only failed deliveries can be retried.",
    )
    await desk.work()
    assert desk.log("status", "attempts", "error") == [("sent", 2, None)]
    assert client.post(path, headers=headers).status_code == 409
    assert len({request.headers["webhook-id"] for request in hooks.requests}) == 1
    assert len(hooks.requests) == 2


async def test_an_engineer_retries_only_their_own(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(404)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    [(delivery,)] = desk.log("id")
    answer = client.post(f"{LOG}/{delivery}/retry", headers=desk.company.headers(Role.ENGINEER))
    assert answer.status_code == 404
