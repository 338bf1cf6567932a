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
from flowpilot.handoffs.questions.queries import was_answered
from flowpilot.handoffs.rules.avoidable import set_reason
from flowpilot.handoffs.rules.queries import read_escalation_rules
from flowpilot.handoffs.rules.requirements import check
from flowpilot.handoffs.snapshot import missing_of
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
        IncompleteEscalationError: the account's rules ask for more than is there.
        NotAllowedNowError: the session has an open handoff, or has ended.
        NotAssignableError: the target cannot sign in and claim.
    """
    await lock_target(db, actor, why.target_user_id)
    policy.check_target(why.target_user_id, actor.user_id)
    sessions_policy.check(locked.session, actor, Action.ESCALATE)
    history = await read_session(db, actor.account_id, locked.session.id)
    asked = await read_escalation_rules(db, actor.account_id)
    lacks = check(asked.effects(why.priority, missing_of(history, why.note, why.tried)), why.priority)
    handoff, event = decisions.escalate(
        history,
        why,
        handoff_id=new_id(),
        by=actor.user_id,
        at=locked.moment,
        lacks=lacks,
        is_answered=await was_answered(db, actor.account_id, locked.session.id),
    )
    db.add(handoff)
    await db.flush()
    # After the handoff, because the note that goes to the ticket says what it says.
    await sessions.transition(db, locked, Action.ESCALATE, actor.user_id, why.reason)
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
    avoidable_reason: str | None = None,
) -> SessionHandoff:
    """Close a handoff: its session is resolved, abandoned, set aside, or goes back to its engineer.

    Back it goes as `returned`, and while nobody holds it, its creator may take it back so; or as `sent_back`,
    because it says too little to work with. `avoidable_reason`: what would spare it.

    Raises:
        UnknownReasonError: the account's list has no such reason.
        NotYourHandoffError: it is somebody else's, or the actor did not work on it and says what would spare it.
        OwnHandoffError: the actor escalated it, and would send it back.
        HandoffClosedError: it is closed already.
        HandoffChangedError: it is not held by the person whom the actor saw.
    """
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    handoff = await handoff_for(
        db, actor, locked, handoff_id, policy.closing_action(outcome), outcome, seen_holder=seen_holder
    )
    if avoidable_reason is not None:
        await set_reason(db, actor, handoff, avoidable_reason)
    action = policy.CLOSING[outcome]
    if action == Action.RESOLVE:
        await sessions.end_resolved(db, actor.user_id, await load(db, locked), note)
    elif action == Action.ABANDON:
        await sessions.transition(db, locked, action, actor.user_id, note)
    else:
        await _end(db, actor, locked, handoff, outcome, note)
    return handoff


async def _end(
    db: Db, actor: Actor, locked: LockedSession, handoff: SessionHandoff, outcome: Outcome, note: str
) -> None:
    """Close a handoff whose session goes on."""
    locked.session.owner_id = decisions.keeps_session(handoff, outcome) or await first_line(db, handoff)
    await sessions.transition(db, locked, policy.CLOSING[outcome], actor.user_id, note)
    await close_open(db, locked, actor.user_id, outcome, note)
