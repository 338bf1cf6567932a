"""What a step, or the end of a session, means for its handoffs: in the same transaction."""

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_

from flowpilot.db.session import Db
from flowpilot.handoffs import decisions, leases, policy
from flowpilot.handoffs.acting.claimants import NO_ACTION, is_action
from flowpilot.handoffs.jobs import ASSESS_JOB
from flowpilot.handoffs.keeping import close_open, lock_where, record_event
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.snapshot import renewed
from flowpilot.identity.hours.queries import hours_history
from flowpilot.jobs import enqueue
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.models import EDITS, AISession, AISessionStep
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.transitions import OPEN
from flowpilot.working_hours import AROUND_THE_CLOCK, work_seconds


def step_awaited(
    account_id: ColumnElement[uuid.UUID], session_id: ColumnElement[uuid.UUID]
) -> ColumnElement[bool]:
    """Whether a step of anybody may be what `note_first_action` looks for."""
    undone = (SessionHandoff.first_action_at.is_(None), SessionHandoff.claimant_action_at.is_(None))
    return exists().where(
        SessionHandoff.account_id == account_id,
        SessionHandoff.session_id == session_id,
        SessionHandoff.claimed_at.is_not(None),
        or_(*undone, SessionHandoff.lease_expires_at.is_not(None)),
    )


async def note_first_action(db: Db, session: AISession, step: AISessionStep) -> None:
    """The first step after a claim is its first action; until it is closed, the claimant's own is looked for."""
    by_anybody = SessionHandoff.first_action_at.is_(None)
    by_claimant = and_(
        SessionHandoff.claimant_action_at.is_(None),
        SessionHandoff.claimed_by == step.actor_id,
        or_(SessionHandoff.closed_at.is_(None), SessionHandoff.closed_at == session.fix_applied_at),
    )
    # Even one who has acted before has a lease again once a fix that had set it aside did not help.
    has_lease = and_(SessionHandoff.lease_expires_at.is_not(None), SessionHandoff.claimed_by == step.actor_id)
    awaited = by_anybody if step.kind in NO_ACTION else or_(by_anybody, by_claimant, has_lease)
    is_awaited = (SessionHandoff.claimed_at.is_not(None), awaited)
    awaiting = await lock_where(db, session.account_id, session.id, *is_awaited)
    history = await hours_history(db, session.account_id) if awaiting else AROUND_THE_CLOCK
    for handoff in awaiting:
        event = decisions.act(handoff, step, is_aside=policy.waits_for_fix(handoff, session))
        handoff.action_work_seconds = work_seconds(handoff.claimed_at, handoff.first_action_at, history)
        handoff.claimant_work_seconds = work_seconds(handoff.claimed_at, handoff.claimant_action_at, history)
        await db.flush()
        if event is not None:
            await record_event(db, handoff, event, step.actor_id, step.created_at)


async def follow_edit(db: Db, session: AISession, _by: uuid.UUID, _at: datetime) -> None:
    """An open handoff says what its session says now: whoever reads it must not rely on what was struck.

    So does one that a fix has set aside, which may be held again. The rules sum it up again at once, and an AI
    when it comes to it. One that has ended keeps what it said.
    """
    goes_on = or_(SessionHandoff.closed_at.is_(None), and_(*policy.was_set_aside(session)))
    handoffs = await lock_where(db, session.account_id, session.id, goes_on)
    history = await read_session(db, session.account_id, session.id) if handoffs else None
    for handoff in handoffs:
        assert history is not None
        then = [one for one in history.steps if one.created_at <= handoff.created_at or one.kind in EDITS]
        handoff.snapshot = renewed(handoff.snapshot, then)
        await _assess_again(db, handoff, history)


async def _assess_again(db: Db, handoff: SessionHandoff, history: SessionHistory) -> None:
    decisions.assess_again(handoff, history)
    await db.flush()
    if handoff.closed_at is None:
        enqueue(db, ASSESS_JOB, account_id=handoff.account_id, handoff_id=handoff.id)


async def close_with_session(db: Db, session: AISession, by: uuid.UUID | None, at: datetime, reason: str) -> None:
    """A session that has ended leaves nothing to hand over."""
    await close_open(db, LockedSession(session, at), by, decisions.outcome_of_end(session), reason)


async def set_aside(db: Db, session: AISession, by: uuid.UUID | None, at: datetime, waiting_for: str) -> None:
    """A fix was applied and has to prove itself: there is nothing to hand over meanwhile."""
    await close_open(db, LockedSession(session, at), by, Outcome.PARKED, waiting_for, has_a_fix=True)


async def set_aside_again(
    db: Db, session: AISession, by: uuid.UUID | None, at: datetime, waiting_for: str
) -> None:
    """The fix waits again: whoever holds the handoff for it waits, too, as before.

    One that had stayed closed is one again that waits: what its claimant did since is an action of theirs.
    """
    assert session.fix_applied_at is not None
    stayed = (*policy.was_set_aside(session), SessionHandoff.claimed_by.is_not(None))
    awaiting = (*stayed, SessionHandoff.claimant_action_at.is_(None))
    for handoff in await lock_where(db, session.account_id, session.id, *awaiting):
        history = await read_session(db, session.account_id, session.id)
        await _find_claimants_action(db, handoff, history)
    for handoff in await lock_where(db, session.account_id, session.id, SessionHandoff.closed_at.is_(None)):
        event = decisions.set_aside_again(handoff, by, session.fix_applied_at, waiting_for)
        await record_event(db, handoff, event, by, at)


async def _find_claimants_action(db: Db, handoff: SessionHandoff, history: SessionHistory) -> None:
    assert handoff.claimed_at is not None
    own = (step for step in history.steps if step.actor_id == handoff.claimed_by)
    actions = [step for step in own if is_action(step.kind, step.created_at, handoff.claimed_at, None)]
    if actions:
        handoff.claimant_action_at = min(step.created_at for step in actions)
        hours = await hours_history(db, handoff.account_id)
        handoff.claimant_work_seconds = work_seconds(handoff.claimed_at, handoff.claimant_action_at, hours)
        await db.flush()


async def holds_again(db: Db, session: AISession) -> bool:
    """Whether a senior holds the session again if the fix that waits did not help."""
    if session.fix_applied_at is None:
        return False
    set_aside = await lock_where(db, session.account_id, session.id, *policy.is_set_aside(session))
    return bool(set_aside)


async def take_up_again(
    db: Db, session: AISession, by: uuid.UUID | None, at: datetime, applied_at: datetime, reason: str
) -> None:
    """Nobody waits for the fix any more: what it had set aside ends with the session, or is held as before.

    The claim is the one that it was, with a lease that begins now. The holder reads what has come of the fix.
    """
    for handoff in await lock_where(
        db, session.account_id, session.id, *policy.was_set_aside(session, applied_at)
    ):
        if handoff.claimed_by != session.owner_id:
            decisions.stays_closed(handoff)
            await db.flush()
            continue
        if session.status not in OPEN:
            decisions.resume(handoff, None, reason)
            await db.flush()
            continue
        history = await hours_history(db, session.account_id)
        lease = leases.lease_from(await leases.lease_minutes(db, session.account_id), at, history)
        event = decisions.resume(handoff, None if lease is None else lease.ends, reason)
        await leases.watch(db, handoff, lease)
        await _assess_again(db, handoff, await read_session(db, session.account_id, session.id))
        await record_event(db, handoff, event, by, at)
