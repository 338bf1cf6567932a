"""Nobody's messages wait for another's receiver: by account, and by channel within one account."""

import asyncio
import json
import threading
import uuid

import psycopg
import pytest

from flowpilot.handoffs.models import Priority
from flowpilot.identity.actor import Role
from flowpilot.notifications.delivery.lanes import DELIVER_JOB, lane_of
from flowpilot.notifications.models import ChannelKind
from tests.company import Company
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver, mail_server

pytestmark = pytest.mark.anyio

# Long enough for a machine that is busy; a test that passes never waits for so long.
PATIENCE_SECONDS = 20


class Door:
    """The most requests open at once. It keeps each open until this many are, or for a moment."""

    def __init__(self, holds_until: int = 1) -> None:
        self.most = 0
        self._open = 0
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self._holds_until = holds_until

    def __call__(self) -> None:
        with self._lock:
            self._open += 1
            self.most = max(self.most, self._open)
            if self._open >= self._holds_until:
                self._enough.set()
        self._enough.wait(0.2)
        with self._lock:
            self._open -= 1


def _problems(hooks: Receiver) -> list[str]:
    return [json.loads(request.body)["session"]["problem_summary"] for request in hooks.requests]


async def test_an_urgent_letter_is_sent_while_thirty_messages_of_another_account_are_open(
    desk: Desk, neighbour: Company, hooks: Receiver
) -> None:
    sent, answered_after_it = threading.Event(), []
    hooks.meanwhile = lambda: answered_after_it.append(sent.wait(PATIENCE_SECONDS))
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for number in range(30):
        await desk.planned(problem=str(number))
    with mail_server() as mailbox:
        open_when_it_came: list[tuple[str]] = []

        def look() -> None:
            open_when_it_came.extend(desk.log("status"))
            sent.set()

        mailbox.meanwhile = look
        other = Desk(neighbour, desk.database, desk.settings).with_mail(mailbox.port)
        _, email = await other.person(Role.TEAM_ADMIN)
        await other.planned(priority=Priority.URGENT)
        await other.work()
        assert mailbox.recipients == [email]
    assert open_when_it_came == [("pending",)] * 30
    assert answered_after_it == [True] * 30
    assert _problems(hooks) == [str(number) for number in range(30)]


async def test_a_channel_has_one_open_request_however_many_workers_there_are(desk: Desk, hooks: Receiver) -> None:
    hooks.meanwhile = door = Door(holds_until=2)
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for number in range(5):
        await desk.planned(problem=str(number))
    await asyncio.gather(desk.work(), desk.work())
    await desk.work()
    assert (door.most, _problems(hooks)) == (1, ["0", "1", "2", "3", "4"])


async def test_an_accounts_channels_have_three_open_requests_at_most(desk: Desk, hooks: Receiver) -> None:
    hooks.meanwhile = door = Door(holds_until=4)
    for _ in range(12):
        await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.planned()
    await desk.work()
    assert len(hooks.requests) == 12
    assert door.most <= 3


async def test_urgent_messages_leave_first(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for priority in (Priority.LOW, Priority.NORMAL, Priority.URGENT, Priority.NORMAL):
        await desk.planned(problem=priority.name, priority=priority)
    await desk.work()
    assert _problems(hooks) == ["URGENT", "NORMAL", "NORMAL", "LOW"]


async def test_channels_that_share_a_lane_take_turns(desk: Desk, hooks: Receiver) -> None:
    async def channel(path: str) -> uuid.UUID:
        made, _ = await desk.channel(ChannelKind.WEBHOOK, f"http://127.0.0.1:{hooks.port}/{path}")
        return made

    busy = await channel("busy")
    for _ in range(3):
        await desk.planned(priority=Priority.URGENT)
    while lane_of(quiet := await channel("quiet")) != lane_of(busy):
        desk.company.query("UPDATE notification_channels SET is_active = false WHERE id = %s RETURNING id", quiet)
    desk.company.query("UPDATE notification_channels SET is_active = false WHERE id = %s RETURNING id", busy)
    await desk.planned(priority=Priority.LOW)
    desk.company.query("UPDATE notification_channels SET is_active = true RETURNING id")
    await desk.work()
    assert [request.path for request in hooks.requests] == ["/busy", "/quiet", "/busy", "/busy"]


async def test_emails_are_sent_a_few_at_a_time(desk: Desk) -> None:
    with mail_server() as mailbox:
        posted = desk.with_mail(mailbox.port)
        people = sorted([(await posted.person(Role.ENGINEER))[1] for _ in range(6)])
        await posted.planned()
        await posted.work()
        assert sorted(mailbox.recipients) == people
    assert posted.log("status", "lane") == [("sent", 0)] * 6


async def test_a_job_of_an_earlier_release_is_done(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.planned()
    with psycopg.connect(desk.company.urls.owner) as owner:
        owner.execute(
            "UPDATE procrastinate_jobs SET lock = NULL WHERE task_name = %s AND args->>'account_id' = %s",
            [DELIVER_JOB, str(desk.company.id)],
        )
    await desk.work()
    assert (len(hooks.requests), desk.log("status"), desk.jobs()) == (1, [("sent",)], [])
