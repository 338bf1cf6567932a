"""What a step, or the end of a session, means for its handoffs: in the same transaction."""

import uuid
from datetime import datetime

from sqlalchemy import update

from flowpilot.db.session import Db
from flowpilot.handoffs.events import record
from flowpilot.handoffs.models import HandoffEventKind, Outcome, SessionHandoff
from flowpilot.handoffs.service import close_open
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus


async def note_first_action(db: Db, session: AISession, step: AISessionStep) -> None:
    """The first step after a claim is its first action, whoever takes it; the lease has done its work then."""
    acted = await db.execute(
        update(SessionHandoff)
        .where(
            SessionHandoff.account_id == session.account_id,
            SessionHandoff.session_id == session.id,
            SessionHandoff.claimed_at < step.created_at,
            SessionHandoff.first_action_at.is_(None),
        )
        .values(first_action_at=step.created_at, first_action_by=step.actor_id, lease_expires_at=None)
        .returning(SessionHandoff.id, SessionHandoff.claimed_at, SessionHandoff.closed_at)
        .execution_options(synchronize_session=False)
    )
    for row in acted.all():
        if row.closed_at is None and row.claimed_at is not None:
            seconds = (step.created_at - row.claimed_at).total_seconds()
            await record(
                db,
                session.account_id,
                row.id,
                HandoffEventKind.FIRST_ACTION,
                by=step.actor_id,
                at=step.created_at,
                seconds=round(seconds, 3),
            )


async def close_with_session(db: Db, session: AISession, by: uuid.UUID | None, at: datetime) -> None:
    """A session that has ended leaves nothing to hand over."""
    outcome = Outcome.RESOLVED if session.status == SessionStatus.RESOLVED else Outcome.ABANDONED
    await close_open(db, LockedSession(session, at), by, outcome)
