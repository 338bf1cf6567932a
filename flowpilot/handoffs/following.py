"""What a step, or the end of a session, means for its handoffs: in the same transaction."""

import uuid
from datetime import datetime

from sqlalchemy import and_, or_

from flowpilot.db.session import Db
from flowpilot.handoffs import decisions
from flowpilot.handoffs.acting.claimants import NO_ACTION
from flowpilot.handoffs.jobs import ASSESS_JOB
from flowpilot.handoffs.keeping import close_open, lock_where, record_event
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.snapshot import renewed
from flowpilot.identity.hours.queries import hours_history
from flowpilot.jobs import enqueue
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.models import EDITS, AISession, AISessionStep
from flowpilot.sessions.queries import read_session
from flowpilot.working_hours import AROUND_THE_CLOCK, work_seconds


async def note_first_action(db: Db, session: AISession, step: AISessionStep) -> None:
    """The first step after a claim is its first action; until it is closed, the claimant's own is looked for."""
    by_anybody = SessionHandoff.first_action_at.is_(None)
    by_claimant = and_(
        SessionHandoff.claimant_action_at.is_(None),
        SessionHandoff.claimed_by == step.actor_id,
        SessionHandoff.closed_at.is_(None),
    )
    awaited = by_anybody if step.kind in NO_ACTION else or_(by_anybody, by_claimant)
    is_awaited = (SessionHandoff.claimed_at.is_not(None), awaited)
    awaiting = await lock_where(db, session.account_id, session.id, *is_awaited)
    history = await hours_history(db, session.account_id) if awaiting else AROUND_THE_CLOCK
    for handoff in awaiting:
        event = decisions.act(handoff, step)
        handoff.action_work_seconds = work_seconds(handoff.claimed_at, handoff.first_action_at, history)
        handoff.claimant_work_seconds = work_seconds(handoff.claimed_at, handoff.claimant_action_at, history)
        await db.flush()
        if event is not None:
            await record_event(db, handoff, event, step.actor_id, step.created_at)


async def follow_edit(db: Db, session: AISession, _by: uuid.UUID, _at: datetime) -> None:
    """An open handoff says what its session says now: whoever reads it must not rely on what was struck.

    The rules sum it up again at once, and an AI when it comes to it. One that is closed keeps what it said.
    """
    handoffs = await lock_where(db, session.account_id, session.id, SessionHandoff.closed_at.is_(None))
    history = await read_session(db, session.account_id, session.id) if handoffs else None
    for handoff in handoffs:
        assert history is not None
        then = [one for one in history.steps if one.created_at <= handoff.created_at or one.kind in EDITS]
        handoff.snapshot = renewed(handoff.snapshot, then)
        decisions.assess_again(handoff, history)
        await db.flush()
        await enqueue(db, ASSESS_JOB, account_id=session.account_id, handoff_id=handoff.id)


async def close_with_session(db: Db, session: AISession, by: uuid.UUID | None, at: datetime, reason: str) -> None:
    """A session that has ended leaves nothing to hand over."""
    await close_open(db, LockedSession(session, at), by, decisions.outcome_of_end(session), reason)


async def set_aside(db: Db, session: AISession, by: uuid.UUID | None, at: datetime, reason: str) -> None:
    """A fix was applied and has to prove itself: there is nothing to hand over meanwhile."""
    await close_open(db, LockedSession(session, at), by, Outcome.PARKED, reason)
