"""What asks for a member's attention: how many handoffs wait, and how many notifications are unread.

Every place that shows such a number gets it here: pages and the lists in them, the API and the live stream.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import func, select

from flowpilot.db.session import ReadDb
from flowpilot.handoffs.queries import counts
from flowpilot.notifications.inbox.queries import UNREAD
from flowpilot.notifications.joins import with_handoff
from flowpilot.notifications.models import Notification


class Attention(BaseModel):
    """What asks for a member's attention."""

    n_waiting: int = Field(description="Open handoffs that nobody has claimed.")
    n_claimed_without_action: int = Field(description="Claimed handoffs whose holder has not acted yet.")
    unread_count: int = Field(description="The member's unread notifications that still apply.")
    newest_unread_at: datetime | None = Field(description="When the newest of those was created.")


async def attention(
    db: ReadDb, account_id: uuid.UUID, user_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Attention]:
    """What asks for the attention of each of these members."""
    waiting, claimed = await counts(db, account_id)
    unread = select(Notification.user_id, func.count(Notification.id), func.max(Notification.created_at))
    query = with_handoff(unread).where(
        Notification.account_id == account_id, Notification.user_id.in_(user_ids), *UNREAD
    )
    found = {row[0]: row for row in await db.execute(query.group_by(Notification.user_id))}
    return {
        user_id: Attention(
            n_waiting=waiting,
            n_claimed_without_action=claimed,
            unread_count=found[user_id][1] if user_id in found else 0,
            newest_unread_at=found[user_id][2] if user_id in found else None,
        )
        for user_id in user_ids
    }
