"""A route that fails rests: its messages wait, and the first that arrives lets all others go."""

from datetime import datetime, timedelta

import pytest

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from flowpilot.notifications.models import ChannelKind
from tests.notifications.desk import Desk
from tests.outgoing.servers import Receiver, free_port, mail_server

pytestmark = pytest.mark.anyio

STATE = "failures, resting_since IS NOT NULL, reason"
IN_ORDER = [("sent",)] * 7


async def _resting(desk: Desk, hooks: Receiver, status: int = 500, messages: int = 7) -> None:
    """A channel that has failed often enough to rest, with waiting messages."""
    hooks.will_answer(*[status] * 5)
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for number in range(messages):
        await desk.planned(problem=str(number))
    await desk.work()


def _state(desk: Desk) -> list[tuple[int, bool, str | None]]:
    return desk.company.query(f"SELECT {STATE} FROM notification_routes")


def _next_try(desk: Desk) -> datetime:
    [(moment,)] = desk.company.query("SELECT next_try_at FROM notification_routes")
    assert isinstance(moment, datetime)
    return moment


async def test_after_five_failures_in_a_row_everything_else_waits(desk: Desk, hooks: Receiver) -> None:
    began = now()
    await _resting(desk, hooks)
    assert len(hooks.requests) == 5
    assert desk.log("status", "attempts") == [("pending", 1)] * 5 + [("pending", 0)] * 2
    assert _state(desk) == [(5, True, "The receiver answered 500.")]
    assert began + timedelta(minutes=1) <= _next_try(desk) <= now() + timedelta(minutes=1)


async def test_messages_that_come_while_it_rests_wait_too(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    await desk.planned(problem="later")
    desk.company.query("UPDATE notification_deliveries SET due_at = now() RETURNING id")
    await desk.work()
    assert (len(hooks.requests), len(desk.log("id"))) == (5, 8)


async def test_the_first_that_arrives_lets_all_others_go(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    desk.company.query("UPDATE notification_routes SET next_try_at = now() RETURNING id")
    await desk.work_again()
    assert desk.log("status") == IN_ORDER
    assert _state(desk) == [(0, False, None)]
    assert (len(hooks.requests), desk.jobs()) == (12, [])


async def test_while_it_fails_it_is_tried_with_one_and_rests_longer(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    hooks.will_answer(503)
    began = now()
    await desk.work_again()
    assert len(hooks.requests) == 6
    assert _state(desk) == [(6, True, "The receiver answered 503.")]
    assert began + timedelta(minutes=2) <= _next_try(desk) <= now() + timedelta(minutes=2)


async def test_it_never_rests_longer_than_ten_minutes(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    desk.company.query("UPDATE notification_routes SET failures = 40 RETURNING id")
    hooks.will_answer(500)
    began = now()
    await desk.work_again()
    assert began + timedelta(minutes=10) <= _next_try(desk) <= now() + timedelta(minutes=10)


async def test_it_is_not_always_tried_with_the_same_message(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    hooks.will_answer(500, 500)
    await desk.work_again()
    await desk.work_again()
    assert desk.log("attempts") == [(1,)] * 7


async def test_one_that_arrives_between_others_keeps_it_from_resting(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(500, 500, 500, 500, 200, 500, 500)
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for _ in range(7):
        await desk.planned()
    await desk.work()
    assert _state(desk) == [(2, False, "The receiver answered 500.")]


@pytest.mark.parametrize("status", [401, 404])
async def test_refusals_count_as_well(desk: Desk, hooks: Receiver, status: int) -> None:
    await _resting(desk, hooks, status)
    assert desk.log("status") == [("failed",)] * 5 + [("pending",)] * 2


async def test_a_message_that_has_waited_for_a_day_has_failed(desk: Desk, hooks: Receiver) -> None:
    await _resting(desk, hooks)
    desk.company.query("UPDATE notification_deliveries SET created_at = now() - interval '25 hours' RETURNING id")
    hooks.will_answer(500)
    await desk.work_again()
    assert len(hooks.requests) == 6
    words = "It could not be sent within a day. The receiver answered 500."
    assert sorted(desk.log("status", "error")) == [("failed", words)] * 6 + [
        ("failed", "The receiver answered 500.")
    ]


async def test_a_receiver_that_asks_to_wait_is_left_alone_until_then(desk: Desk, hooks: Receiver) -> None:
    hooks.will_answer(429, Retry_After="3600")
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    for _ in range(2):
        await desk.planned()
    await desk.work()
    assert len(hooks.requests) == 1
    assert _state(desk) == [(1, False, "The receiver answered 429.")]
    await desk.work_again()
    assert desk.log("status") == [("sent",)] * 2


async def test_another_channel_of_the_account_does_not_rest(desk: Desk, hooks: Receiver) -> None:
    await desk.channel(ChannelKind.SLACK, f"http://127.0.0.1:{free_port()}/")
    for _ in range(5):
        await desk.planned()
    await desk.channel(ChannelKind.WEBHOOK, hooks.url())
    await desk.planned()
    await desk.work()
    assert len(hooks.requests) == 1


async def test_e_mail_rests_as_a_whole_and_goes_on_when_the_server_is_back(desk: Desk) -> None:
    port = free_port()
    posted = desk.with_mail(port)
    for _ in range(8):
        await posted.person(Role.ENGINEER)
    await posted.planned()
    await posted.work()
    assert sum(attempts for (attempts,) in posted.log("attempts")) == 5
    assert _state(posted) == [(5, True, "The mail server could not be reached.")]
    with mail_server(port) as mailbox:
        await posted.work_again()
        assert len(mailbox.letters) == 8
    assert _state(posted) == [(0, False, None)]


async def test_a_refused_recipient_does_not_count(desk: Desk) -> None:
    with mail_server() as mailbox:
        mailbox.refusal = "550 No such user"
        posted = desk.with_mail(mailbox.port)
        for _ in range(6):
            await posted.person(Role.ENGINEER)
        await posted.planned()
        await posted.work()
    assert posted.log("status") == [("failed",)] * 6
    assert _state(posted) == [(0, False, None)]
