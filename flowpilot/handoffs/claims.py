"""Claims: one engineer takes a handoff on, gives it back, or it is assigned to another."""

import uuid
from datetime import datetime

from flowpilot.clock import in_words
from flowpilot.db.session import Db
from flowpilot.handoffs import decisions, leases, policy
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.keeping import claim_if_free, record_event, return_to_queue
from flowpilot.handoffs.locking import SeenHolder, handoff_for, lock_of, lock_target, read
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.handoffs.policy import AlreadyClaimedError, HandoffAction
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import lock_own_work
from flowpilot.identity.queries import names_of
from flowpilot.sessions import service as sessions
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.transitions import Action
from flowpilot.working_hours import work_seconds


async def claim(db: Db, actor: Actor, handoff_id: uuid.UUID, now: datetime) -> SessionHandoff:
    """Claim a handoff: of all who try, exactly one gets it. The holder may ask again, which changes nothing.

    Raises:
        AlreadyClaimedError: somebody else was faster.
        HandoffClosedError: it is closed.
        OwnHandoffError: the actor escalated it.
    """
    limits = await lock_own_work(db, actor)
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    claimed = decisions.claimed_by(actor.user_id, locked.moment)
    found = await claim_if_free(db, actor.account_id, handoff_id, actor.user_id, claimed)
    if found is None:
        return await _held_already(db, actor, locked, handoff_id)
    handoff, history = found
    lease = leases.lease_from(limits.lease_minutes, locked.moment, history)
    handoff.lease_expires_at = None if lease is None else lease.ends
    handoff.claim_work_seconds = work_seconds(handoff.created_at, locked.moment, history)
    locked.session.owner_id = actor.user_id
    await sessions.transition(db, locked, Action.CLAIM, actor.user_id, beside=handoff)
    await leases.watch(db, handoff, lease)
    await record_event(db, handoff, NewEvent(HandoffEventKind.CLAIMED, {}), actor.user_id, locked.moment)
    return handoff


async def release(
    db: Db,
    actor: Actor,
    handoff_id: uuid.UUID,
    reason: str,
    now: datetime,
    *,
    seen_holder: SeenHolder = None,
) -> SessionHandoff:
    """Put a claimed handoff back into the queue.

    Raises:
        NotYourHandoffError: the actor neither holds it nor is a team admin.
        HandoffChangedError: nobody holds it, or not the person whom the actor saw.
        HandoffClosedError: it is closed.
    """
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    handoff = await handoff_for(db, actor, locked, handoff_id, HandoffAction.RELEASE, seen_holder=seen_holder)
    event = decisions.release(handoff, reason)
    await return_to_queue(db, locked, handoff, actor.user_id, reason)
    await record_event(db, handoff, event, actor.user_id, locked.moment)
    return handoff


async def reassign(
    db: Db,
    actor: Actor,
    handoff_id: uuid.UUID,
    target: uuid.UUID | None,
    now: datetime,
    *,
    seen_holder: SeenHolder = None,
) -> SessionHandoff:
    """Assign a handoff to somebody else, or to anyone. A claimed one goes back into the queue.

    Raises:
        NotYourHandoffError: the actor neither holds nor made it, nor is a team admin.
        OwnHandoffError: the target escalated it.
        HandoffClosedError: it is closed.
        HandoffChangedError: it is not held by the person whom the actor saw.
        NotAssignableError: the target cannot sign in and claim.
    """
    await lock_target(db, actor, target)
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    handoff = await handoff_for(db, actor, locked, handoff_id, HandoffAction.REASSIGN, seen_holder=seen_holder)
    policy.check_target(target, handoff.created_by)
    is_held = handoff.claimed_by is not None
    event = decisions.reassign(handoff, target)
    if is_held:
        await return_to_queue(db, locked, handoff, actor.user_id, "Reassigned.")
    else:
        sessions.touch(db, locked)
    await record_event(db, handoff, event, actor.user_id, locked.moment)
    return handoff


async def _held_already(db: Db, actor: Actor, locked: LockedSession, handoff_id: uuid.UUID) -> SessionHandoff:
    """A claim changed nothing: the actor holds the handoff already, or cannot claim it."""
    handoff = await read(db, actor.account_id, handoff_id)
    if handoff.closed_at is None and handoff.claimed_by == actor.user_id:
        return handoff
    try:
        policy.check(handoff, locked.session, actor, HandoffAction.CLAIM)
    except AlreadyClaimedError:
        raise await _was_faster(db, actor, handoff) from None
    raise AssertionError("a handoff that can be claimed was not")


async def _was_faster(db: Db, actor: Actor, handoff: SessionHandoff) -> AlreadyClaimedError:
    assert handoff.claimed_by is not None
    name = (await names_of(db, handoff.account_id, [handoff.claimed_by])).get(handoff.claimed_by)
    has_it = "holds this handoff"
    if handoff.claimed_at is not None:
        has_it = f"has held this handoff since {in_words(handoff.claimed_at, actor.timezone)}"
    return AlreadyClaimedError(
        f"{name or 'A former member'} was faster and {has_it}.",
        holder={"id": str(handoff.claimed_by), "name": name},
        claimed_at=handoff.claimed_at,
    )
