"""Deliveries that people ask for: tests of channels, and new attempts after a failure."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError, OutdatedError
from flowpilot.handoffs.models import Priority
from flowpilot.identity.actor import Actor
from flowpilot.notifications.delivery.lanes import give_turn, lane_of
from flowpilot.notifications.delivery.queries import visible
from flowpilot.notifications.models import DeliveryStatus, NotificationChannel, NotificationDelivery


class DeliveryNotFoundError(NotFoundError):
    """There is no such delivery."""

    def __init__(self) -> None:
        super().__init__("There is no such delivery in this account.")


class NotFailedError(OutdatedError):
    """Only failed deliveries can be retried."""


async def send_test(db: Db, channel: NotificationChannel, now: datetime) -> uuid.UUID:
    """Queue a test message to a channel, and return the id of its delivery."""
    delivery_id, lane = new_id(), lane_of(channel.id)
    row = {"kind": channel.kind, "user_id": channel.user_id, "channel_id": channel.id, "created_at": now}
    # A person is waiting for it.
    turn = {"lane": lane, "priority": Priority.URGENT, "due_at": now}
    made = insert(NotificationDelivery).values(account_id=channel.account_id, id=delivery_id, **row, **turn)
    await db.execute(made)
    await give_turn(db, channel.account_id, lane, delivery_id)
    return delivery_id


async def retry(db: Db, actor: Actor, delivery_id: uuid.UUID, now: datetime) -> None:
    """Queue another attempt at a failed delivery.

    Raises:
        DeliveryNotFoundError: the actor sees no delivery with that id.
        NotFailedError: it has arrived, or is still being tried.
    """
    mine = (visible(actor), NotificationDelivery.id == delivery_id)
    failed = NotificationDelivery.status == DeliveryStatus.FAILED
    retried = (
        update(NotificationDelivery)
        .where(*mine, failed)
        .values(status=DeliveryStatus.PENDING, error=None, due_at=now)
        .returning(NotificationDelivery.lane)
    )
    lane = await db.scalar(retried)
    if lane is None:
        status = await db.scalar(select(NotificationDelivery.status).where(*mine))
        if status is None:
            raise DeliveryNotFoundError
        raise NotFailedError(f"This delivery is {status}. Only failed deliveries can be retried.")
    await give_turn(db, actor.account_id, lane, delivery_id)
