"""Which messages a lane sends next."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.identity.queries import emails_of
from flowpilot.notifications.event_context import EventContext, event_contexts
from flowpilot.notifications.joins import belongs
from flowpilot.notifications.models import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationRoute,
)
from flowpilot.notifications.settled import is_settled

# A mail server takes several e-mails at once. A channel gets one message at a time, in order.
_EMAILS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A delivery with everything that sending it needs. A test has neither context nor trouble.

    `is_settled`: its message no longer applies. `is_member` is false for former members.
    """

    delivery: NotificationDelivery
    channel: NotificationChannel | None
    context: EventContext | None
    trouble: Notification | None
    is_settled: bool
    is_member: bool
    email: str | None

    @property
    def route_id(self) -> uuid.UUID:
        """The route to send it on: its channel, or the account's e-mail."""
        return self.delivery.channel_id or self.delivery.account_id


@dataclass(frozen=True, slots=True)
class _Route:
    """The route whose turn it is; without a channel, it is e-mail."""

    channel_id: uuid.UUID | None
    is_resting: bool
    has_failed: bool


async def lane_of_delivery(db: ReadDb, account_id: uuid.UUID, delivery_id: uuid.UUID) -> int | None:
    """The lane of a delivery, or None if there is no such delivery."""
    query = select(NotificationDelivery.lane).where(
        NotificationDelivery.account_id == account_id, NotificationDelivery.id == delivery_id
    )
    return await db.scalar(query)


async def next_deliveries(db: ReadDb, account_id: uuid.UUID, lane: int, now: datetime) -> list[PendingDelivery]:
    """The messages that the lane sends now, all on one route; none if nothing is due.

    The routes of a lane take turns. The most urgent messages of a route go first; a resting one is tried with one.
    """
    route = await _next_route(db, account_id, lane, now)
    if route is None:
        return []
    delivery = NotificationDelivery
    # A resting route is not always tried with the same message: the receiver may be unable to take that one.
    fewest_attempts = (delivery.attempts,) if route.is_resting else ()
    query = (
        select(
            delivery,
            NotificationChannel,
            Notification,
            or_(Notification.settled_at.is_not(None), is_settled(delivery.user_id)),
        )
        .outerjoin(NotificationChannel, belongs(NotificationChannel, delivery, delivery.channel_id))
        .outerjoin(Notification, belongs(Notification, delivery, delivery.notification_id))
        .outerjoin(HandoffEvent, belongs(HandoffEvent, delivery, delivery.event_id))
        .outerjoin(SessionHandoff, belongs(SessionHandoff, HandoffEvent, HandoffEvent.handoff_id))
        .where(
            *_pending(account_id, lane),
            delivery.channel_id.is_not_distinct_from(route.channel_id),
            *(() if route.is_resting else (delivery.due_at <= now,)),
        )
        .order_by(*fewest_attempts, delivery.priority, delivery.id)
        .limit(1 if route.has_failed or route.channel_id is not None else _EMAILS_AT_ONCE)
    )
    return await _with_what_they_need(db, account_id, (await db.execute(query)).all())


async def _next_route(db: ReadDb, account_id: uuid.UUID, lane: int, now: datetime) -> _Route | None:
    delivery, route = NotificationDelivery, NotificationRoute
    query = (
        select(delivery.channel_id, route.resting_since, route.failures)
        .outerjoin(
            route,
            and_(
                route.account_id == delivery.account_id,
                route.id == func.coalesce(delivery.channel_id, delivery.account_id),
            ),
        )
        .where(
            *_pending(account_id, lane),
            or_(route.next_try_at.is_(None), route.next_try_at <= now),
            or_(delivery.due_at <= now, route.resting_since.is_not(None)),
        )
        .order_by(route.last_attempt_at.nulls_first(), delivery.priority, delivery.id)
        .limit(1)
    )
    row = (await db.execute(query)).first()
    return None if row is None else _Route(row.channel_id, row.resting_since is not None, bool(row.failures))


async def _with_what_they_need(
    db: ReadDb,
    account_id: uuid.UUID,
    found: Sequence[Row[NotificationDelivery, NotificationChannel, Notification, bool]],
) -> list[PendingDelivery]:
    events = {row[0].event_id for row in found if row[0].event_id is not None}
    about = await event_contexts(db, account_id, events) if events else {}
    users = {row[0].user_id for row in found if row[0].user_id is not None}
    emails = await emails_of(db, account_id, users) if users else {}
    return [
        PendingDelivery(
            delivery=delivery,
            channel=channel,
            context=None if delivery.event_id is None else about[delivery.event_id],
            trouble=trouble,
            is_settled=is_settled,
            is_member=delivery.user_id is None or delivery.user_id in emails,
            email=emails.get(delivery.user_id),
        )
        for delivery, channel, trouble, is_settled in found
    ]


def _pending(account_id: uuid.UUID, lane: int) -> tuple[ColumnElement[bool], ...]:
    return (
        NotificationDelivery.account_id == account_id,
        NotificationDelivery.lane == lane,
        NotificationDelivery.status == DeliveryStatus.PENDING,
    )
