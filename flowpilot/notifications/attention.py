"""What asks for a member's attention: how many handoffs wait, and how many notifications are unread.

Every place that shows such a number gets it here: pages and the lists in them, the API and the live stream.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import bindparam, func, select, true

from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.queries import COUNTS, counts
from flowpilot.notifications.inbox.queries import UNREAD
from flowpilot.notifications.joins import with_handoff
from flowpilot.notifications.models import Notification


class Attention(BaseModel):
    """What asks for a member's attention."""

    n_waiting: int = Field(description="Open handoffs that nobody has claimed.")
    n_claimed_without_action: int = Field(description="Claimed handoffs whose holder has not acted yet.")
    unread_count: int = Field(description="The member's unread notifications that still apply.")
    newest_unread_at: datetime | None = Field(description="When the newest of those was created.")


_COUNTED = func.count(Notification.id), func.max(Notification.created_at)


async def attention(
    db: ReadDb, account_id: uuid.UUID, user_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Attention]:
    """What asks for the attention of each of these members."""
    waiting = await counts(account_id).alone(db)
    query = with_handoff(select(Notification.user_id, *_COUNTED)).where(
        Notification.account_id == account_id, Notification.user_id.in_(user_ids), *UNREAD
    )
    found = {user: unread for user, *unread in await db.execute(query.group_by(Notification.user_id))}
    return {user_id: _attention(*waiting, *found.get(user_id, (0, None))) for user_id in user_ids}


def _attention(waiting: int, claimed: int, unread_count: int, newest_unread_at: datetime | None) -> Attention:
    return Attention(
        n_waiting=waiting,
        n_claimed_without_action=claimed,
        unread_count=unread_count,
        newest_unread_at=newest_unread_at,
    )


def _of_one() -> Lookup[Attention]:
    mine = Notification.account_id == bindparam("account_id"), Notification.user_id == bindparam("user_id")
    unread = with_handoff(select(*_COUNTED)).where(*mine, *UNREAD).subquery()
    waiting = COUNTS.query.subquery()
    return Lookup(select(waiting, unread).select_from(waiting.join(unread, true())), _attention)


_OF_ONE = _of_one()


def attention_of(account_id: uuid.UUID, user_id: uuid.UUID) -> Asked[Attention]:
    """What asks for the attention of one member."""
    return _OF_ONE.of(account_id=account_id, user_id=user_id)
