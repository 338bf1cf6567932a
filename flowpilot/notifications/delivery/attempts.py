"""Recording an attempt: what it means for the delivery, and for the route it took."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from flowpilot.db.session import Db
from flowpilot.notifications.channels.audit import record_change
from flowpilot.notifications.delivery.lanes import give_turn_later
from flowpilot.notifications.delivery.resting import give_up_on_old, locked_route, record_failure, record_success
from flowpilot.notifications.delivery.trouble import end_trouble, report
from flowpilot.notifications.delivery.turns import PendingDelivery
from flowpilot.notifications.models import (
    DeliveryStatus,
    NotificationChannel,
    NotificationDelivery,
    NotificationRoute,
)
from flowpilot.outgoing.attempts import next_attempt
from flowpilot.outgoing.failures import DeliveryError, GoneError, SettledError


async def record_attempt(
    db: Db,
    pending: PendingDelivery,
    failure: DeliveryError | None,
    *,
    answered: int | None,
    at: datetime,
    by_email: bool,
) -> None:
    """Record the result of one attempt, and schedule the lane's next turn if there is something to try again.

    Args:
        db: the transaction.
        pending: what was to be sent.
        failure: why it was not sent; None if it was.
        answered: the status code of the receiver's answer.
        at: when the attempt was made.
        by_email: whether there is a mail server to report trouble with.
    """
    delivery = pending.delivery
    due_at = next_attempt(failure, at, earlier_attempts=delivery.attempts, created_at=delivery.created_at)
    await _record_delivery(db, delivery, failure, answered=answered, due_at=due_at, at=at)
    if isinstance(failure, SettledError):
        return
    route = await _record_route(db, pending, failure, at, by_email=by_email)
    moments = {route.next_try_at} if route.resting_since else {route.next_try_at, due_at}
    for moment in moments:
        if moment is not None:
            await give_turn_later(db, delivery.account_id, delivery.id, moment)


async def _record_delivery(
    db: Db,
    delivery: NotificationDelivery,
    failure: DeliveryError | None,
    *,
    answered: int | None,
    due_at: datetime | None,
    at: datetime,
) -> None:
    result: dict[str, Any] = {
        "status": _status(failure, due_at),
        "error": None if failure is None else failure.reason,
    }
    if not isinstance(failure, SettledError):
        result |= {
            "attempts": NotificationDelivery.attempts + 1,
            "response_status": answered,
            "due_at": due_at or NotificationDelivery.due_at,
            "last_attempt_at": at,
            "sent_at": at if failure is None else None,
        }
    await db.execute(
        update(NotificationDelivery)
        .where(
            NotificationDelivery.account_id == delivery.account_id,
            NotificationDelivery.id == delivery.id,
            NotificationDelivery.status == DeliveryStatus.PENDING,
        )
        .values(result)
    )


def _status(failure: DeliveryError | None, due_at: datetime | None) -> DeliveryStatus:
    if failure is None:
        return DeliveryStatus.SENT
    if isinstance(failure, SettledError):
        return DeliveryStatus.DROPPED
    return DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING


async def _record_route(
    db: Db, pending: PendingDelivery, failure: DeliveryError | None, at: datetime, *, by_email: bool
) -> NotificationRoute:
    """Update the route, and return it."""
    route = await locked_route(db, pending.delivery.account_id, pending.route_id)
    has_rested = route.resting_since is not None
    route.last_attempt_at = at
    if failure is None and not has_rested:
        record_success(route)
    elif failure is None:
        await end_trouble(db, route, at)
    elif isinstance(failure, GoneError) and pending.channel is not None:
        await _switch_off(db, pending.channel, at)
        await end_trouble(db, route, at)
        await report(db, route.account_id, pending.channel, failure.reason, at, is_gone=True, by_email=by_email)
    elif not failure.of_message:
        record_failure(route, failure, at)
        if route.resting_since is not None:
            await give_up_on_old(db, route, at)
            if not has_rested:
                await report(db, route.account_id, pending.channel, failure.reason, at, by_email=by_email)
    return route


async def _switch_off(db: Db, channel: NotificationChannel, now: datetime) -> None:
    """Switch a channel off because its receiver is gone. Its audit entry has no actor."""
    channel.is_active = False
    await db.execute(
        update(NotificationChannel)
        .where(NotificationChannel.account_id == channel.account_id, NotificationChannel.id == channel.id)
        .values(is_active=False)
    )
    await record_change(db, None, channel, "channel.switched_off", now)
