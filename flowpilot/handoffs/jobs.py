"""The jobs of handoffs: reminding a holder, taking a claim back, and asking the copilot for an assessment."""

import uuid
from datetime import datetime

from procrastinate import JobContext
from sqlalchemy import select

from flowpilot.clock import now
from flowpilot.copilot.propose import assess_case
from flowpilot.db.session import Db
from flowpilot.handoffs import decisions
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.keeping import record_event, return_to_queue, update_where
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.handoffs.locking import HandoffNotFoundError, lock_of
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.handoffs.snapshot import unanswered
from flowpilot.jobs import COPILOT_QUEUE, RETRY, app, not_there, tools
from flowpilot.sessions.locking import LockedSession, lock
from flowpilot.sessions.queries import case_of, read_session

ASSESS_JOB = "handoffs.assess"


@app.task(name=REMIND_JOB, pass_context=True, retry=RETRY)
async def remind(
    context: JobContext, account_id: str, handoff_id: str, claimed_at: str, ends: str | None = None
) -> None:
    """Remind the holder of a claim who has done nothing yet."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        locked = await _lock_session(db, account, uuid.UUID(handoff_id))
        if locked is None:
            not_there(context, f"handoff {handoff_id}")
            return
        handoff = await _idle_claim(db, account, uuid.UUID(handoff_id), claimed_at, ends)
        if handoff is None or handoff.reminded_at is not None:
            return
        await record_event(db, handoff, decisions.remind(handoff, locked.moment), None, locked.moment)


@app.task(name=EXPIRE_JOB, pass_context=True, retry=RETRY)
async def expire(
    context: JobContext, account_id: str, handoff_id: str, claimed_at: str, ends: str | None = None
) -> None:
    """Put a claim whose holder has done nothing back into the queue."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        locked = await _lock_session(db, account, uuid.UUID(handoff_id))
        if locked is None:
            not_there(context, f"handoff {handoff_id}")
            return
        handoff = await _idle_claim(db, account, uuid.UUID(handoff_id), claimed_at, ends)
        if handoff is None:
            return
        event = decisions.expire(handoff)
        await return_to_queue(db, locked, handoff, None, decisions.LAPSED)
        await record_event(db, handoff, event, None, locked.moment)


@app.task(name=ASSESS_JOB, queue=COPILOT_QUEUE, pass_context=True, retry=RETRY)
async def assess(context: JobContext, account_id: str, handoff_id: str) -> None:
    """Ask the copilot for an assessment of a handoff, and keep its answer, or that of the rules."""
    account, moment, database = uuid.UUID(account_id), now(), tools(context).database
    async with database.read(account) as db:
        handoff = await db.get(SessionHandoff, (account, uuid.UUID(handoff_id)))
        if handoff is None:
            not_there(context, f"handoff {handoff_id}")
            return
        if handoff.closed_at is not None:
            return
        history = await read_session(db, account, handoff.session_id)
    case = case_of(history, note=handoff.note, missing=unanswered(handoff.snapshot, handoff.note))
    assessment = (await assess_case(tools(context), account, case, moment)).model_dump(mode="json")
    async with database.write(account) as db:
        locked = await lock(db, account, handoff.session_id, moment)
        # It may repeat words that were removed for good while the copilot was thinking.
        if locked.session.removals != history.session.removals:
            return
        # It may have been closed meanwhile, or say something else now: whoever changed that has it assessed again.
        is_same = (SessionHandoff.snapshot == handoff.snapshot, SessionHandoff.note == handoff.note)
        still = (SessionHandoff.id == handoff.id, SessionHandoff.closed_at.is_(None), *is_same)
        if await update_where(db, account, *still, assessment=assessment):
            event = NewEvent(HandoffEventKind.ASSESSED, {"source": assessment["source"]})
            await record_event(db, handoff, event, None, locked.moment)


async def _lock_session(db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID) -> LockedSession | None:
    """The session of a handoff, locked before the handoff, so that time moves forward in its record."""
    try:
        return await lock_of(db, account_id, handoff_id, now())
    except HandoffNotFoundError:
        return None


async def _idle_claim(
    db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID, claimed_at: str, ends: str | None
) -> SessionHandoff | None:
    """The handoff, locked, if the claim of that moment still holds: the claimant's first action ends its lease.

    `ends`: when that lease ends; None in a job of an earlier version, when a claim had one lease.
    """
    query = select(SessionHandoff).where(
        SessionHandoff.account_id == account_id,
        SessionHandoff.id == handoff_id,
        SessionHandoff.claimed_at == datetime.fromisoformat(claimed_at),
        SessionHandoff.lease_expires_at.is_not(None)
        if ends is None
        else SessionHandoff.lease_expires_at == datetime.fromisoformat(ends),
        SessionHandoff.closed_at.is_(None),
    )
    return (await db.scalars(query.with_for_update(key_share=True))).one_or_none()
