"""The ways out of the product, and how those that fail rest.

After several failures in a row a route rests, and its messages wait. From time to time one of them is tried, and
the first that arrives releases all others.
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import ConflictError
from flowpilot.notifications.delivery.lanes import give_turn
from flowpilot.notifications.models import DeliveryStatus, NotificationDelivery, NotificationRoute
from flowpilot.outgoing.attempts import PATIENCE, WELL, Health, after_failure
from flowpilot.outgoing.failures import DeliveryError


class NothingWaitsError(ConflictError):
    """There is no message to try the route with."""

    def __init__(self) -> None:
        super().__init__("No e-mail is waiting to be sent, so there is nothing to try.")


class Rest(NamedTuple):
    """A route's rest, and how many messages wait for its end."""

    since: datetime
    next_try_at: datetime
    reason: str
    n_waiting: int


async def rests(db: ReadDb, account_id: uuid.UUID, route_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Rest]:
    """The rests of those routes that rest, by the ids of the routes."""
    n_waiting = select(func.count(NotificationDelivery.id)).where(
        NotificationDelivery.account_id == account_id,
        func.coalesce(NotificationDelivery.channel_id, NotificationDelivery.account_id) == NotificationRoute.id,
        NotificationDelivery.status == DeliveryStatus.PENDING,
    )
    query = select(NotificationRoute, n_waiting.scalar_subquery()).where(
        NotificationRoute.account_id == account_id,
        NotificationRoute.id.in_(route_ids),
        NotificationRoute.resting_since.is_not(None),
    )
    return {
        route.id: Rest(route.resting_since, route.next_try_at, route.reason, waiting)
        for route, waiting in await db.execute(query)
    }


async def locked_route(db: Db, account_id: uuid.UUID, route_id: uuid.UUID) -> NotificationRoute:
    """A route, locked until the transaction ends; it is created when it is first asked for."""
    new = insert(NotificationRoute).values(account_id=account_id, id=route_id)
    await db.execute(new.on_conflict_do_nothing())
    query = select(NotificationRoute).where(
        NotificationRoute.account_id == account_id, NotificationRoute.id == route_id
    )
    return (await db.scalars(query.with_for_update())).one()


def record_success(route: NotificationRoute) -> None:
    """A message has arrived."""
    _set_health(route, WELL)


def record_failure(route: NotificationRoute, failure: DeliveryError, at: datetime) -> None:
    """The receiver has not taken a message."""
    health = Health(route.failures, route.reason, route.next_try_at, route.resting_since)
    _set_health(route, after_failure(health, failure, at))


async def release_waiting(db: Db, route: NotificationRoute, at: datetime) -> None:
    """Make every message that waits for the route due."""
    await db.execute(update(NotificationDelivery).where(*waiting(route.account_id, route.id)).values(due_at=at))


async def try_route_now(db: Db, account_id: uuid.UUID, route_id: uuid.UUID, now: datetime) -> uuid.UUID | None:
    """Try the messages that wait for a resting route now, and return the first one's id.

    None: no message waits, but the next one will be tried at once.
    """
    route = await locked_route(db, account_id, route_id)
    route.next_try_at = None if route.next_try_at is None else now
    first = select(NotificationDelivery.id, NotificationDelivery.lane).where(*waiting(account_id, route_id))
    found = (await db.execute(first.order_by(NotificationDelivery.id).limit(1))).first()
    if found is None:
        return None
    delivery_id, lane = found
    await release_waiting(db, route, now)
    await give_turn(db, account_id, lane, delivery_id)
    return delivery_id


async def give_up_on_old(db: Db, route: NotificationRoute, at: datetime) -> None:
    """Fail the messages that have waited too long."""
    await db.execute(
        update(NotificationDelivery)
        .where(*waiting(route.account_id, route.id), NotificationDelivery.created_at < at - PATIENCE)
        .values(status=DeliveryStatus.FAILED, error=f"It could not be sent within a day. {route.reason}")
    )


def _set_health(route: NotificationRoute, health: Health) -> None:
    route.failures, route.reason, route.next_try_at, route.resting_since = health


def waiting(account_id: uuid.UUID, route_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """The condition for the deliveries that still have to be sent on a route."""
    channel_id = None if route_id == account_id else route_id
    return (
        NotificationDelivery.account_id == account_id,
        NotificationDelivery.channel_id.is_not_distinct_from(channel_id),
        NotificationDelivery.status == DeliveryStatus.PENDING,
    )
