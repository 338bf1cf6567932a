"""Escalating a session, and closing the handoff."""

import uuid
from datetime import datetime

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.handoffs import decisions, policy
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.keeping import close_open, first_line, record_event
from flowpilot.handoffs.locking import SeenHolder, handoff_for, lock_of, lock_target
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy as sessions_policy
from flowpilot.sessions import service as sessions
from flowpilot.sessions.locking import LockedSession, load
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.transitions import Action


async def escalate(db: Db, actor: Actor, locked: LockedSession, why: Escalation) -> SessionHandoff:
    """Hand a session over: it waits in the queue with all that is known about it.

    Raises:
        OwnHandoffError: the target is the actor.
        NotAllowedNowError: the session has an open handoff, or has ended.
        NotAssignableError: the target cannot sign in and claim.
    """
    await lock_target(db, actor, why.target_user_id)
    policy.check_target(why.target_user_id, actor.user_id)
    sessions_policy.check(locked.session, actor, Action.ESCALATE)
    await sessions.transition(db, locked, Action.ESCALATE, actor.user_id, why.reason)
    history = await read_session(db, actor.account_id, locked.session.id)
    handoff, event = decisions.escalate(history, why, handoff_id=new_id(), by=actor.user_id, at=locked.moment)
    db.add(handoff)
    await record_event(db, handoff, event, actor.user_id, locked.moment)
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
    """Close a handoff: its session is resolved, abandoned, set aside, or returned to its engineer.

    While nobody holds it, its creator may take it back (`returned`).

    Raises:
        NotYourHandoffError: it is somebody else's.
        HandoffClosedError: it is closed already.
        HandoffChangedError: it is not held by the person whom the actor saw.
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
        locked.session.owner_id = decisions.keeps_session(handoff, outcome) or await first_line(db, handoff)
        await sessions.transition(db, locked, action, actor.user_id, note)
        await close_open(db, locked, actor.user_id, outcome, note)
    return handoff
