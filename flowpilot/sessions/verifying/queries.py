"""Which sessions wait for a fix to prove itself."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import hours_history
from flowpilot.sessions.models import AISession
from flowpilot.working_hours import WorkingHours


async def waiting_to_verify(
    db: ReadDb, account_id: uuid.UUID, limit: int, *, owner_id: uuid.UUID | None = None
) -> Sequence[AISession]:
    """Those to look at next, of one person or of everybody."""
    query = select(AISession).where(AISession.account_id == account_id, AISession.look_again_at.is_not(None))
    if owner_id is not None:
        query = query.where(AISession.owner_id == owner_id)
    return (await db.scalars(query.order_by(AISession.look_again_at, AISession.id).limit(limit))).all()


async def opening_hours(db: ReadDb, account_id: uuid.UUID, now: datetime) -> WorkingHours | None:
    """When the account works; None if it works around the clock."""
    return (await hours_history(db, account_id)).at(now)
