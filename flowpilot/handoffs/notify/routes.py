"""Routes: whether a way out of the product works, and the rest that one gets which does not.

After some failures in a row a route rests, and its messages wait. Now and then one of them is tried, and the first
that arrives lets all others go.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db
from flowpilot.handoffs.notify.failures import DeliveryError, TryLaterError
from flowpilot.handoffs.notify.models import DeliveryStatus, NotificationDelivery, NotificationRoute

_FAILURES = 5
_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(minutes=10)

# What has waited for so long is not sent any more.
PATIENCE = timedelta(days=1)


async def locked_route(db: Db, account_id: uuid.UUID, route_id: uuid.UUID) -> NotificationRoute:
    """A route, which nobody else changes until the transaction ends."""
    new = insert(NotificationRoute).values(account_id=account_id, id=route_id)
    await db.execute(new.on_conflict_do_nothing())
    query = select(NotificationRoute).where(
        NotificationRoute.account_id == account_id, NotificationRoute.id == route_id
    )
    return (await db.scalars(query.with_for_update())).one()


def works(route: NotificationRoute) -> None:
    """Something has arrived by it."""
    route.failures, route.reason = 0, None
    route.next_try_at = route.resting_since = None


def fails(route: NotificationRoute, failure: DeliveryError, at: datetime) -> None:
    """Its receiver has not taken a message."""
    route.failures += 1
    route.reason = failure.reason
    route.next_try_at = failure.not_before if isinstance(failure, TryLaterError) else None
    if route.failures >= _FAILURES:
        route.resting_since = route.resting_since or at
        rest = min(_FIRST_REST * 2 ** (route.failures - _FAILURES), _LONGEST_REST)
        route.next_try_at = max(at + rest, route.next_try_at or at)


async def let_all_go(db: Db, route: NotificationRoute, at: datetime) -> None:
    """What has waited for the route is due."""
    await db.execute(update(NotificationDelivery).where(*waiting(route.account_id, route.id)).values(due_at=at))


async def give_up_on_old(db: Db, route: NotificationRoute, at: datetime) -> None:
    """What has waited for too long has failed."""
    await db.execute(
        update(NotificationDelivery)
        .where(*waiting(route.account_id, route.id), NotificationDelivery.created_at < at - PATIENCE)
        .values(status=DeliveryStatus.FAILED, error=f"It could not be sent for a day. {route.reason}")
    )


def waiting(account_id: uuid.UUID, route_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """The condition of the deliveries that are still to go by a route."""
    channel_id = None if route_id == account_id else route_id
    return (
        NotificationDelivery.account_id == account_id,
        NotificationDelivery.channel_id.is_not_distinct_from(channel_id),
        NotificationDelivery.status == DeliveryStatus.PENDING,
    )
