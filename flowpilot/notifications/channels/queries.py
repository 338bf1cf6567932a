"""Reading channels."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.pages import oldest_first
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor, Permission
from flowpilot.notifications.models import NotificationChannel


async def channels(db: ReadDb, actor: Actor, limit: int, after: uuid.UUID | None) -> Sequence[NotificationChannel]:
    """The caller's own channels, or all of the account if the caller manages channels, oldest first."""
    query = select(NotificationChannel).where(
        NotificationChannel.account_id == actor.account_id, NotificationChannel.deleted_at.is_(None)
    )
    if not actor.may(Permission.MANAGE_CHANNELS):
        query = query.where(NotificationChannel.user_id == actor.user_id)
    return (await db.scalars(oldest_first(query, NotificationChannel.id, limit, after))).all()
