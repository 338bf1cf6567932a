"""Reading deliveries."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select

from flowpilot.db.pages import newest_first
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor, Permission
from flowpilot.notifications.models import DeliveryStatus, NotificationDelivery


async def deliveries(
    db: ReadDb,
    actor: Actor,
    limit: int,
    before: uuid.UUID | None,
    *,
    channel_id: uuid.UUID | None,
    status: DeliveryStatus | None,
) -> Sequence[NotificationDelivery]:
    """The newest deliveries that the caller may see, or those older than `before`."""
    query = select(NotificationDelivery).where(visible(actor))
    if channel_id is not None:
        query = query.where(NotificationDelivery.channel_id == channel_id)
    if status is not None:
        query = query.where(NotificationDelivery.status == status)
    return (await db.scalars(newest_first(query, NotificationDelivery.id, limit, before))).all()


def visible(actor: Actor) -> ColumnElement[bool]:
    """The deliveries that the actor may see: their own, or all of the account."""
    in_account = NotificationDelivery.account_id == actor.account_id
    if actor.may(Permission.MANAGE_CHANNELS):
        return in_account
    return and_(in_account, NotificationDelivery.user_id == actor.user_id)
