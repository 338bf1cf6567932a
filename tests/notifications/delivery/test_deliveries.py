"""Messages leave the product by jobs: an escalation never waits for them, and they arrive once."""

import time
from datetime import timedelta
from ipaddress import ip_network

import psycopg
import pytest
from pydantic import SecretStr

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.handoffs.events import NOTIFY_JOB, record, write_recorded
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.jobs import enqueue
from flowpilot.notifications.delivery.lanes import DELIVER_JOB, give_turn, lane_of
from flowpilot.notifications.delivery.sending import send
from flowpilot.notifications.delivery.turns import next_deliveries
from flowpilot.notifications.models import ChannelKind
from flowpilot.outgoing import messages
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver, free_port, receiver

pytestmark = pytest.mark.anyio

OUTCOME = ("status", "attempts", "response_status", "error")


async def test_a_dead_receiver_neither_fails_nor_delays_an_escalation_and_gets_it_later(desk: Desk) -> None:
    port = free_port()
    await desk.channel(ChannelKind.WEBHOOK, f"http://127.0.0.1:{port}/")
    began = time.monotonic()
    await desk.escalates()
    assert time.monotonic() - began < 5
    assert desk.jobs() == [NOTIFY_JOB]
    await desk.work()
    assert desk.log(*OUTCOME) == [("pending", 1, None, "The receiver could not be reached.")]
    with receiver(port) as revived:
        await desk.work_again()
        assert len(revived.requests) == 1
    assert desk.log(*OUTCOME) == [("sent", 2, 200, None)]
    assert desk.jobs() == []


async def test_a_failed_transaction_notifies_nobody(desk: Desk) -> None:
    handoff = desk.escalated()

    async def escalate_and_fail() -> None:
        async with desk.database.write(desk.company.id) as db:
            record(db, desk.company.id, handoff, HandoffEventKind.CREATED, by=None, at=now())
            await write_recorded(db)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await escalate_and_fail()
    assert desk.jobs() == []


async def test_a_receiver_that_hangs_is_given_up_on_and_tried_again(
    desk: Desk, hooks: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "TIMEOUT_SECONDS", 0.2)
    hooks.hangs = True
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert desk.log(*OUTCOME) == [("pending", 1, None, "The receiver did not answer within 0.2 seconds.")]
    assert desk.jobs() == [DELIVER_JOB]


async def test_no_transaction_is_open_while_a_message_is_sent(desk: Desk, hooks: Receiver) -> None:
    states: list[str] = []

    def look() -> None:
        with psycopg.connect(desk.company.urls.owner) as owner:
            rows = owner.execute("SELECT state FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            states.extend(state for (state,) in rows)

    hooks.meanwhile = look
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert len(hooks.requests) == 1
    assert states == []


async def test_a_receiver_in_trouble_gets_the_same_message_until_it_takes_it(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(500, 503)
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert desk.log(*OUTCOME) == [("pending", 1, 500, "The receiver answered 500.")]
    await desk.work_again()
    assert desk.log(*OUTCOME) == [("pending", 2, 503, "The receiver answered 503.")]
    await desk.work_again()
    assert desk.log(*OUTCOME) == [("sent", 3, 200, None)]
    assert len({request.headers["webhook-id"] for request in hooks.requests}) == 1
    assert len(hooks.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
async def test_a_receiver_that_says_no_is_not_asked_again(desk: Desk, hooks: Receiver, status: int) -> None:
    hooks.will_answer(status)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert desk.log("status", "attempts", "response_status") == [("failed", 1, status)]
    assert (len(hooks.requests), desk.jobs()) == (1, [])


@pytest.mark.parametrize("status", [408, 425, 429])
async def test_a_receiver_that_says_later_is_asked_later(desk: Desk, hooks: Receiver, status: int) -> None:
    hooks.will_answer(status)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert desk.log("status", "response_status") == [("pending", status)]
    await desk.work_again()
    assert desk.log("status", "response_status") == [("sent", 200)]


async def test_a_receiver_says_how_long_to_wait(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(429, Retry_After="3600")
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    began = now()
    await desk.work()
    with psycopg.connect(desk.company.urls.owner) as owner:
        query = "SELECT scheduled_at FROM procrastinate_jobs WHERE args->>'account_id' = %s"
        [(due,)] = owner.execute(query, [str(desk.company.id)]).fetchall()
    assert began + timedelta(hours=1) <= due <= now() + timedelta(hours=1)


async def test_a_message_tried_for_a_day_has_failed(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(500, 500)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    assert desk.log("status", "attempts") == [("pending", 1)]
    desk.company.query("UPDATE notification_deliveries SET created_at = now() - interval '1 day' RETURNING id")
    await desk.work_again()
    assert desk.log(*OUTCOME) == [("failed", 2, 500, "The receiver answered 500.")]
    assert desk.jobs() == []


async def test_jobs_that_run_twice_notify_once(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    event = await desk.escalates(target_user_id=desk.company.users[Role.OWNER])
    await desk.work()
    [(delivery,)] = desk.log("id")
    async with desk.database.write(desk.company.id) as db:
        enqueue(db, NOTIFY_JOB, account_id=desk.company.id, event_id=event)
        enqueue(db, DELIVER_JOB, account_id=desk.company.id, delivery_id=delivery)
    assert desk.jobs() == [NOTIFY_JOB, DELIVER_JOB]
    await desk.work()
    assert (len(hooks.requests), len(desk.notified())) == (1, 1)
    assert desk.log("status", "attempts") == [("sent", 1)]


async def test_an_unrecorded_attempt_is_repeated_with_the_same_id(desk: Desk, hooks: Receiver) -> None:
    channel, _ = await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.planned()
    async with desk.database.read(desk.company.id) as db:
        [pending] = await next_deliveries(db, desk.company.id, lane_of(channel), now())
    await send(desk.settings, pending, now())  # And the worker dies.
    await desk.work()
    assert desk.log("status", "attempts") == [("sent", 1)]
    assert [request.headers["webhook-id"] for request in hooks.requests] == [str(pending.delivery.id)] * 2


async def test_a_channel_that_is_switched_off_meanwhile_gets_nothing(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(500)
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.work()
    desk.company.query("UPDATE notification_channels SET is_active = false RETURNING id")
    await desk.work_again()
    assert desk.log("status", "error") == [("failed", "The channel was removed or switched off.")]
    assert len(hooks.requests) == 1


async def test_former_members_get_nothing(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(500)
    await desk.channel(ChannelKind.SLACK, hooks.url(), Role.TEAM_ADMIN, mine=True)
    await desk.escalates()
    await desk.work()
    desk.company.query("DELETE FROM memberships WHERE role = 'team_admin' RETURNING user_id")
    await desk.work_again()
    assert desk.log("status", "error") == [("failed", "The recipient has left the account.")]
    assert len(hooks.requests) == 1


async def test_a_changed_secret_key_is_explained(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, hooks.url())
    await desk.escalates()
    await desk.with_settings(secret_key=SecretStr("t" * 32)).work()
    words = "The installation's secret key has changed, so the channel's address cannot be read. Add it again."
    assert desk.log("status", "error") == [("failed", words)]


async def test_a_fault_of_ours_is_in_both_logs_and_tried_again(
    desk: Desk, hooks: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no words for this")

    monkeypatch.setattr("flowpilot.notifications.delivery.sending.compose", fail)
    await desk.channel(ChannelKind.SLACK, hooks.url(), mine=True)
    await desk.escalates()
    await desk.work()
    words = "FlowPilot could not send this (ValueError). The server's log has the details."
    assert desk.log(*OUTCOME) == [("pending", 1, None, words)]
    assert desk.jobs() == [DELIVER_JOB]
    assert "no words for this" in caplog.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_channel_that_leads_inside_sends_nothing_once_the_operator_says_no(
    desk: Desk, hooks: Receiver, host: str
) -> None:
    opened = desk.with_settings(allowed_private_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    await opened.channel(ChannelKind.WEBHOOK, hooks.url(host), Role.OWNER)
    await desk.escalates()
    await desk.with_settings(allowed_private_networks=()).work()
    [(status, attempts, error)] = desk.log("status", "attempts", "error")
    assert (status, attempts) == ("failed", 1)
    assert "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS" in error
    assert (hooks.requests, desk.jobs()) == ([], [])


async def test_a_turn_without_its_delivery_does_not_hold_up_the_lane(desk: Desk) -> None:
    async with desk.database.write(desk.company.id) as db:
        await give_turn(db, desk.company.id, lane_of(None), new_id())
    await desk.work()
    locks = "SELECT lock FROM procrastinate_jobs WHERE args->>'account_id' = %s"
    looking_again = desk.company.query(locks, str(desk.company.id))
    assert looking_again == [(None,)], "It looks again, and everything else of the lane goes on meanwhile."
