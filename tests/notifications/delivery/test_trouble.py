"""A failing route: who is notified, what they read, and how it ends."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.company import Company
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver, free_port, mail_server

pytestmark = pytest.mark.anyio

CHANNELS = "/api/v1/notification-channels"
EMAIL = "/api/v1/notification-email"


async def _resting(desk: Desk, hooks: Receiver, maker: Role = Role.OWNER, *, mine: bool = False) -> uuid.UUID:
    """A resting channel with one waiting message."""
    hooks.will_answer(*[503] * 5)
    channel, _ = await desk.channel(ChannelKind.WEBHOOK, hooks.url(), maker, mine=mine)
    for _ in range(6):
        await desk.planned()
    await desk.work()
    return channel


def _notified(desk: Desk) -> list[tuple[uuid.UUID, str]]:
    """The members with a notification about a route, and its kind."""
    return sorted(
        desk.company.query("SELECT user_id, content->>'kind' FROM notifications WHERE route_id IS NOT NULL")
    )


def _rest(client: TestClient, company: Company, role: Role = Role.OWNER) -> Any:
    [channel] = client.get(CHANNELS, headers=company.headers(role)).json()["items"]
    return channel["rest"]


def _unread(client: TestClient, company: Company, role: Role = Role.OWNER) -> list[dict[str, Any]]:
    page = client.get("/api/v1/notifications?unread=true", headers=company.headers(role)).json()
    return [item for item in page["items"] if item["handoff_id"] is None]


async def test_owners_and_the_creator_are_notified_once(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks, Role.TEAM_ADMIN)
    hooks.will_answer(503, 503)
    await desk.work_again()
    await desk.work_again()
    users = [desk.company.users[role] for role in (Role.OWNER, Role.TEAM_ADMIN)]
    assert _notified(desk) == sorted((user, "channel_rests") for user in users)


async def test_ones_own_channel_is_nobody_elses_business(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks, Role.TEAM_ADMIN, mine=True)
    assert _notified(desk) == [(desk.company.users[Role.TEAM_ADMIN], "channel_rests")]


async def test_it_says_which_channel_since_when_why_and_what_to_do(
    client: TestClient, desk: Desk, hooks: Receiver
) -> None:
    desk.company.query("UPDATE accounts SET timezone = 'Asia/Tokyo' RETURNING id")
    channel = await _resting(desk, hooks)
    [(since,)] = desk.company.query(
        "SELECT to_char(resting_since AT TIME ZONE 'Asia/Tokyo', 'FMDD Mon YYYY, HH24:MI') "
        "FROM notification_routes"
    )
    [item] = _unread(client, desk.company)
    assert item["text"] == (
        f"“Desk” has received no messages since {since}. The receiver answered 503. Waiting messages are "
        "retried automatically. Check its address, or switch it off."
    )
    assert (item["kind"], item["path"]) == ("channel_rests", f"/settings/notifications/channels/{channel}")


async def test_they_get_it_by_e_mail_too(desk: Desk, hooks: Receiver) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        _, email = await posted.person(Role.OWNER)
        user, _ = await posted.person(Role.OWNER)
        await posted.chooses(user, email=False)
        await _resting(posted, hooks)
        subjects = {str(letter["To"]): letter["Subject"] for letter in mailbox.letters[-1:]}
    assert subjects == {email: "“Desk” is not receiving messages"}


async def test_it_is_settled_when_the_channel_works_again(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    await desk.work_again()
    assert _unread(client, desk.company) == []
    assert _rest(client, desk.company) is None


async def test_the_list_says_how_it_rests(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    rest = _rest(client, desk.company)
    assert rest["since"] < rest["next_try_at"]
    assert (rest["reason"], rest["n_waiting"]) == ("The receiver answered 503.", 6)


async def test_it_is_tried_now(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    channel = await _resting(desk, hooks)
    answer = client.post(f"{CHANNELS}/{channel}/try-now", headers=desk.company.headers())
    assert answer.status_code == 202
    await desk.work()
    assert desk.log("status") == [("sent",)] * 6
    assert desk.jobs("AND scheduled_at IS NULL") == []


async def test_with_nothing_that_waits_it_is_tried_with_a_test(
    client: TestClient, desk: Desk, hooks: Receiver
) -> None:
    channel = await _resting(desk, hooks)
    desk.company.query("UPDATE notification_deliveries SET status = 'dropped' RETURNING id")
    answer = client.post(f"{CHANNELS}/{channel}/try-now", headers=desk.company.headers())
    await desk.work()
    log = client.get("/api/v1/notification-deliveries", headers=desk.company.headers()).json()["items"]
    assert (log[0]["id"], log[0]["status"], log[0]["event_id"]) == (answer.json()["delivery_id"], "sent", None)
    assert _rest(client, desk.company) is None


async def test_nobody_else_tries_it(client: TestClient, desk: Desk, neighbour: Company, hooks: Receiver) -> None:
    channel = await _resting(desk, hooks)
    for headers in (neighbour.headers(), desk.company.headers(Role.ENGINEER)):
        assert client.post(f"{CHANNELS}/{channel}/try-now", headers=headers).status_code == 404


async def test_a_receiver_that_is_gone_is_switched_off(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(410)
    channel, _ = await desk.channel(ChannelKind.SLACK, hooks.url())
    for _ in range(2):
        await desk.planned()
    await desk.work()
    assert len(hooks.requests) == 1
    assert desk.log("status", "error") == [
        ("failed", "The receiver answered 410: it is gone for good and accepts no more messages."),
        ("failed", "The channel was removed or switched off."),
    ]
    [item] = client.get(CHANNELS, headers=desk.company.headers()).json()["items"]
    assert (item["is_active"], item["rest"]) == (False, None)
    assert [one["kind"] for one in _unread(client, desk.company)] == ["channel_gone"]
    audit = desk.company.query("SELECT actor_id, action FROM audit_log WHERE target_id = %s ORDER BY id", channel)
    assert audit[-1] == (None, "channel.switched_off")


async def test_switching_it_on_again_settles_that(client: TestClient, desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(410)
    channel, _ = await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.planned()
    await desk.work()
    path, headers = f"{CHANNELS}/{channel}", desk.company.headers()
    assert client.patch(path, json={"is_active": True}, headers=headers).status_code == 204
    assert _unread(client, desk.company) == []


@pytest.mark.parametrize("action", ["switch off", "remove"])
async def test_messages_waiting_for_an_unwanted_channel_have_failed(
    client: TestClient, desk: Desk, hooks: Receiver, action: str
) -> None:
    channel = await _resting(desk, hooks)
    path, headers = f"{CHANNELS}/{channel}", desk.company.headers()
    if action == "remove":
        assert client.delete(path, headers=headers).status_code == 204
    else:
        assert client.patch(path, json={"is_active": False}, headers=headers).status_code == 204
    await desk.work()
    assert desk.log("status", "error") == [("failed", "The channel was removed or switched off.")] * 6
    assert (len(hooks.requests), _unread(client, desk.company)) == (5, [])


async def test_owners_are_notified_in_the_product_that_e_mail_is_not_being_sent(
    client: TestClient, desk: Desk
) -> None:
    port = free_port()
    posted = desk.with_mail(port)
    for _ in range(5):
        await posted.person(Role.ENGINEER)
    await posted.planned()
    await posted.work()
    assert _notified(posted) == [(desk.company.users[Role.OWNER], "email_rests")]
    [item] = _unread(client, desk.company)
    assert "Ask the operator of this installation to check its mail server." in item["text"]
    headers = desk.company.headers()
    assert client.get(EMAIL, headers=headers).json()["rest"]["n_waiting"] == 5
    with mail_server(port) as mailbox:
        assert client.post(f"{EMAIL}/try-now", headers=headers).status_code == 202
        await posted.work()
        assert len(mailbox.letters) == 5
    assert client.get(EMAIL, headers=headers).json() == {"rest": None}
    assert client.post(f"{EMAIL}/try-now", headers=headers).status_code == 409


async def test_only_those_who_manage_channels_see_whether_e_mail_works(
    client: TestClient, company: Company
) -> None:
    assert client.get(EMAIL, headers=company.headers(Role.ENGINEER)).status_code == 403
