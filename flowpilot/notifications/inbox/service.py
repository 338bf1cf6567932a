"""What members do with their own notifications: read them, and choose how to be notified."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Update, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.notifications.models import ChannelKind, Notification, NotificationPreference


async def mark_read(db: Db, actor: Actor, ids: Collection[uuid.UUID], now: datetime) -> None:
    """Mark these notifications as read; those of other members stay as they are."""
    await db.execute(_unread(actor).where(Notification.id.in_(ids)).values(read_at=now))
    announce(db, actor.account_id, "notifications")


async def mark_read_up_to(db: Db, actor: Actor, newest: uuid.UUID, now: datetime) -> None:
    """Mark the actor's notifications up to and including this one as read."""
    await db.execute(_unread(actor).where(Notification.id <= newest).values(read_at=now))
    announce(db, actor.account_id, "notifications")


async def choose(db: Db, actor: Actor, choices: Mapping[ChannelKind, bool]) -> None:
    """Save the actor's choice for each kind of channel."""
    rows = [
        {
            "account_id": actor.account_id,
            "id": new_id(),
            "user_id": actor.user_id,
            "kind": kind,
            "is_enabled": is_enabled,
        }
        for kind, is_enabled in choices.items()
    ]
    chosen = insert(NotificationPreference).values(rows)
    await db.execute(
        chosen.on_conflict_do_update(
            index_elements=["account_id", "user_id", "kind"], set_={"is_enabled": chosen.excluded.is_enabled}
        )
    )


def _unread(actor: Actor) -> Update:
    return update(Notification).where(
        Notification.account_id == actor.account_id,
        Notification.user_id == actor.user_id,
        Notification.read_at.is_(None),
    )
