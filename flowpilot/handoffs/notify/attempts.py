"""What becomes of an attempt: of the delivery, and of the route that it took."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from flowpilot.db.session import Db
from flowpilot.handoffs.notify.failures import DeliveryError, RefusedError, TryLaterError
from flowpilot.handoffs.notify.lanes import give_turn_later
from flowpilot.handoffs.notify.models import DeliveryStatus, NotificationDelivery, NotificationRoute
from flowpilot.handoffs.notify.routes import PATIENCE, fails, give_up_on_old, let_all_go, locked_route, works
from flowpilot.handoffs.notify.turns import Parcel

_LONGEST_PAUSE_SECONDS = 3600


async def record_attempt(
    db: Db, parcel: Parcel, failure: DeliveryError | None, *, answered: int | None, at: datetime
) -> None:
    """Keep what became of one attempt, and have the lane come back when there is something to try again."""
    delivery = parcel.delivery
    due_at = _next_attempt(delivery, failure, at)
    await _record_delivery(db, delivery, failure, answered=answered, due_at=due_at, at=at)
    route = await _record_route(db, parcel, failure, at)
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
    status = DeliveryStatus.PENDING
    if due_at is None:
        status = DeliveryStatus.SENT if failure is None else DeliveryStatus.FAILED
    attempt: dict[str, Any] = {
        "status": status,
        "attempts": NotificationDelivery.attempts + 1,
        "response_status": answered,
        "error": None if failure is None else failure.reason,
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
        .values(attempt)
    )


async def _record_route(db: Db, parcel: Parcel, failure: DeliveryError | None, at: datetime) -> NotificationRoute:
    """The route as it is after the attempt."""
    route = await locked_route(db, parcel.delivery.account_id, parcel.route_id)
    route.last_attempt_at = at
    if failure is None:
        if route.resting_since is not None:
            await let_all_go(db, route, at)
        works(route)
    elif not failure.of_message:
        fails(route, failure, at)
        if route.resting_since is not None:
            await give_up_on_old(db, route, at)
    return route


def _next_attempt(delivery: NotificationDelivery, failure: DeliveryError | None, at: datetime) -> datetime | None:
    """When it is tried again: after 4 seconds, then more and more rarely, for a day; None: not any more."""
    if failure is None or isinstance(failure, RefusedError):
        return None
    due_at = at + timedelta(seconds=min(4 ** (delivery.attempts + 1), _LONGEST_PAUSE_SECONDS))
    if isinstance(failure, TryLaterError) and failure.not_before is not None:
        due_at = max(due_at, failure.not_before)
    return due_at if due_at <= delivery.created_at + PATIENCE else None
