"""The beginning and the end of handoffs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flowpilot.copilot import rules
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.handoffs import policy
from flowpilot.handoffs.locking import (
    SeenHolder,
    first_line,
    handoff_for,
    lock_of,
    lock_target,
    record_event,
    update_where,
)
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.snapshot import take_snapshot
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy as sessions_policy
from flowpilot.sessions import service as sessions
from flowpilot.sessions.locking import LockedSession, load
from flowpilot.sessions.queries import case_of, read_session
from flowpilot.sessions.transitions import Action


@dataclass(frozen=True, slots=True)
class Escalation:
    """Why somebody hands a session over, and to whom if that matters."""

    reason: str
    note: str = ""
    priority: Priority = Priority.NORMAL
    target_user_id: uuid.UUID | None = None


async def escalate(db: Db, actor: Actor, loaded: LockedSession, why: Escalation) -> SessionHandoff:
    """Hand a session over: it waits in the queue with all that is known of it.

    Raises:
        NotAllowedNowError: the session has an open handoff, or has ended.
        OwnHandoffError: the target is the actor.
        NotAssignableError: the target cannot sign in and claim.
    """
    await lock_target(db, actor, why.target_user_id)
    sessions_policy.check(loaded.session, actor, Action.ESCALATE)
    policy.check_target(why.target_user_id, actor.user_id)
    await sessions.transition(db, loaded, Action.ESCALATE, actor.user_id, why.reason)
    history = await read_session(db, actor.account_id, loaded.session.id)
    snapshot = take_snapshot(history, why.note)
    assessment = rules.assess(case_of(history, note=why.note, missing=snapshot["missing"]))
    handoff = SessionHandoff(
        account_id=actor.account_id,
        id=new_id(),
        session_id=loaded.session.id,
        created_by=actor.user_id,
        created_at=loaded.moment,
        reason=why.reason,
        note=why.note,
        priority=why.priority,
        snapshot=snapshot,
        assessment=assessment.model_dump(mode="json"),
        target_user_id=why.target_user_id,
    )
    db.add(handoff)
    await db.flush()
    await record_event(
        db, handoff, HandoffEventKind.CREATED, actor.user_id, loaded.moment, priority=int(why.priority)
    )
    return handoff


async def close(
    db: Db,
    actor: Actor,
    handoff_id: uuid.UUID,
    outcome: Outcome,
    note: str,
    now: datetime,
    *,
    seen_holder: SeenHolder = None,
) -> SessionHandoff:
    """End a handoff: its session is resolved, laid aside, or goes back to whoever escalated it.

    While nobody holds it, its creator may take it back (`returned`).

    Raises:
        NotYourHandoffError: it is somebody else's.
        HandoffClosedError: it is over.
        HandoffChangedError: somebody else holds it than the actor saw.
    """
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    handoff = await handoff_for(
        db, actor, locked, handoff_id, HandoffAction.CLOSE, outcome, seen_holder=seen_holder
    )
    action = policy.CLOSING[outcome]
    if action == Action.RESOLVE:
        await sessions.end_resolved(db, actor.user_id, await load(db, locked), note)
    elif action == Action.ABANDON:
        await sessions.transition(db, locked, action, actor.user_id, note)
    else:
        keeps_it = handoff.claimed_by if action == Action.PARK else None
        locked.session.owner_id = keeps_it or await first_line(db, handoff)
        await sessions.transition(db, locked, action, actor.user_id, note)
        await close_open(db, locked, actor.user_id, outcome, note)
    await db.refresh(handoff)
    return handoff


async def close_open(
    db: Db, locked: LockedSession, by: uuid.UUID | None, outcome: Outcome, note: str = ""
) -> Sequence[SessionHandoff]:
    """Close what is open of a session's handoffs."""
    session = locked.session
    closed = await update_where(
        db,
        session.account_id,
        SessionHandoff.session_id == session.id,
        SessionHandoff.closed_at.is_(None),
        closed_at=locked.moment,
        closed_by=by,
        outcome=outcome,
        lease_expires_at=None,
    )
    for handoff in closed:
        content = {"outcome": str(outcome), "note": note}
        await record_event(db, handoff, HandoffEventKind.CLOSED, by, locked.moment, **content)
    return closed
