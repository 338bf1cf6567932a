"""The audit log's entries about channels."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.identity.audit.log import record
from flowpilot.notifications.models import NotificationChannel


async def record_change(
    db: Db, actor_id: uuid.UUID | None, channel: NotificationChannel, action: str, now: datetime
) -> None:
    """Record a change to a channel. Nobody else learns where a member's own messages go."""
    facts = {
        "kind": channel.kind,
        "name": channel.name,
        "is_active": channel.is_active,
        "user_id": None if channel.user_id is None else str(channel.user_id),
        "host": channel.host if channel.user_id is None else None,
    }
    target = ("notification_channel", channel.id)
    await record(db, channel.account_id, actor_id, action, target, at=now, after=facts)
