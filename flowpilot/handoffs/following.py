"""What a step, or the end of a session, means for its handoffs: in the same transaction."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.handoffs import decisions
from flowpilot.handoffs.keeping import close_open, lock_where, record_event
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.models import AISession, AISessionStep


async def note_first_action(db: Db, session: AISession, step: AISessionStep) -> None:
    """The first step after a claim is its first action."""
    without_action = (SessionHandoff.claimed_at.is_not(None), SessionHandoff.first_action_at.is_(None))
    for handoff in await lock_where(db, session.account_id, session.id, *without_action):
        event = decisions.act(handoff, step)
        await db.flush()
        if event is not None:
            await record_event(db, handoff, event, step.actor_id, step.created_at)


async def close_with_session(db: Db, session: AISession, by: uuid.UUID | None, at: datetime) -> None:
    """A session that has ended leaves nothing to hand over."""
    await close_open(db, LockedSession(session, at), by, decisions.outcome_of_end(session))
