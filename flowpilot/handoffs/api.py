"""JSON routes of handoffs: escalate, the queue, claim, release, close."""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from flowpilot.attachments.schemas import named
from flowpilot.attachments.service import NewFiles, attach
from flowpilot.clock import Now
from flowpilot.db.session import Db, ReadDb
from flowpilot.handoffs import claims, queries, service
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.earlier.queries import ended_handoffs
from flowpilot.handoffs.earlier.schemas import earlier_out
from flowpilot.handoffs.events import write_recorded
from flowpilot.handoffs.jobs import ASSESS_JOB
from flowpilot.handoffs.locking import lock_of, lock_target
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.queries import HandoffFilter, State
from flowpilot.handoffs.questions.queries import with_names
from flowpilot.handoffs.rules import avoidable
from flowpilot.handoffs.rules.filling import details_of, fill_in
from flowpilot.handoffs.schemas import requests, responses
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.since.queries import steps_since
from flowpilot.http.fields import Text
from flowpilot.http.paging import KeyCursor, Limit
from flowpilot.identity.access import CanTakeWork, CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, Once
from flowpilot.jobs import enqueue
from flowpilot.sessions.api import lock_to_correct
from flowpilot.sessions.holding import naming_the_holder
from flowpilot.sessions.locking import LockedSession, lock_for_work
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.queries import solution_of

router = APIRouter(prefix="/api/v1", tags=["handoffs"])


@router.post("/ai-sessions/{session_id}/handoffs", status_code=201)
async def escalate(
    request: Request,
    session_id: uuid.UUID,
    body: requests.HandoffIn,
    actor: CanWork,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> responses.HandoffOut:
    """Hand a session over: it waits in the queue with all that is known about it.

    If the account's rules ask for more than is there, the answer is 409, and `missing` names it. What the session
    lacks can be sent along.
    """
    return await record_escalation(request, session_id, body, actor, db, now, once, NewFiles(body.attachments))


async def record_escalation(
    request: Request,
    session_id: uuid.UUID,
    body: requests.HandoffIn,
    actor: Actor,
    db: Db,
    now: datetime,
    once: Once,
    files: NewFiles,
) -> responses.HandoffOut:
    """Hand a session over with these files."""
    await lock_target(db, actor, body.target_user_id)
    # Locked before the idempotency key, as for a step: in another order the two could wait for each other.
    is_filled = bool(details_of(body).model_fields_set)
    lock = lock_to_correct(session_id, actor, db, now) if is_filled else lock_for_work(db, actor, session_id, now)
    locked = await lock

    async def make() -> responses.HandoffOut:
        await fill_in(db, actor, locked, body, now)
        settings = request.app.state.settings
        added = named(await attach(db, settings, actor, files, locked.moment, session_id=session_id))
        priority = body.priority.value_in_order
        why = Escalation(body.reason, body.note, priority, body.target_user_id, body.tried, added)
        handoff = await service.escalate(db, actor, locked, why)
        if request.app.state.settings.ai_model is not None:
            enqueue(db, ASSESS_JOB, account_id=actor.account_id, handoff_id=handoff.id)
        return await _answer(db, actor, handoff.id, now)

    async with naming_the_holder(db, actor, locked):
        return await once.create(responses.HandoffOut, body, make)


async def _filter(
    actor: CanView,
    state: Annotated[
        State, Query(description="`queue`: unclaimed handoffs, then those whose claimant has not acted.")
    ] = "queue",
    priority: Annotated[list[PriorityName] | None, Query()] = None,
    domain: Annotated[Text | None, Query()] = None,
    for_me: Annotated[bool, Query(description="Only those assigned to the caller.")] = False,
    claimed_by: uuid.UUID | None = None,
    created_by: uuid.UUID | None = None,
    session_id: uuid.UUID | None = None,
) -> HandoffFilter:
    return HandoffFilter(
        state=state,
        priority=None if priority is None else [name.value_in_order for name in priority],
        domain=domain,
        target_user_id=actor.user_id if for_me else None,
        claimed_by=claimed_by,
        created_by=created_by,
        session_id=session_id,
    )


async def _locked(handoff_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> LockedSession:
    return await lock_of(db, actor.account_id, handoff_id, now)


# The session of a handoff, locked before any idempotency key: in another order the two could wait for each other.
LockedOfHandoff = Annotated[LockedSession, Depends(_locked, scope="function")]

HandoffQuery = Annotated[HandoffFilter, Depends(_filter)]


@router.get("/handoffs")
async def list_handoffs(
    actor: CanView,
    filter_: HandoffQuery,
    db: ReadSession,
    now: Now,
    limit: Limit = 50,
    cursor: KeyCursor = None,
) -> responses.QueuePage:
    """The queue: unclaimed first, by priority and age, then claimed without action. History: newest first."""
    rows, next_cursor = await rows_of(actor, filter_, db, now, limit, cursor)
    counts = await queries.counts(actor.account_id).alone(db)
    return responses.QueuePage(
        items=rows,
        next_cursor=next_cursor,
        n_waiting=counts.waiting,
        n_claimed_without_action=counts.claimed,
    )


async def rows_of(
    actor: Actor, filter_: queries.HandoffFilter, db: ReadDb, now: datetime, limit: int, cursor: str | None = None
) -> tuple[list[responses.HandoffRow], str | None]:
    """The rows of the same page, and where the next one begins. Pages have counted what is open for their head."""
    rows, next_cursor = await queries.handoffs(db, actor.account_id, filter_, limit, cursor)
    return [responses.HandoffRow(**responses.handoff_row(row, actor, now)) for row in rows], next_cursor


@router.get("/handoffs/{handoff_id}")
async def read_handoff(handoff_id: uuid.UUID, actor: CanView, db: ReadSession, now: Now) -> responses.HandoffOut:
    """One handoff: what is known, what was tried, and everything that happened to it."""
    return await _answer(db, actor, handoff_id, now)


async def read_newest(
    session_id: uuid.UUID, actor: Actor, db: ReadDb, now: datetime
) -> responses.HandoffOut | None:
    """The handoff of a session that was made last, if it was ever escalated."""
    row = await queries.newest_of(db, actor.account_id, session_id)
    return None if row is None else await _of_row(db, actor, row, now)


@router.post("/handoffs/{handoff_id}/claim")
async def claim(handoff_id: uuid.UUID, actor: CanTakeWork, db: WriteSession, now: Now) -> responses.HandoffOut:
    """Claim a handoff. One caller gets it; 409 tells the others who. The holder may ask again."""
    handoff = await claims.claim(db, actor, handoff_id, now)
    return await _answer(db, actor, handoff.id, now)


@router.post("/handoffs/{handoff_id}/release")
async def release(
    handoff_id: uuid.UUID, body: requests.ReleaseIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """Release a claim: the handoff returns to the queue."""
    await claims.release(db, actor, handoff_id, body.reason, now, seen_holder=body.holder)
    return await _answer(db, actor, handoff_id, now)


@router.post("/handoffs/{handoff_id}/reassign")
async def reassign(
    handoff_id: uuid.UUID, body: requests.ReassignIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """Assign a handoff to somebody else, or to anyone. A claimed one returns to the queue."""
    await claims.reassign(db, actor, handoff_id, body.target_user_id, now, seen_holder=body.holder)
    return await _answer(db, actor, handoff_id, now)


@router.post("/handoffs/{handoff_id}/close")
async def close(
    handoff_id: uuid.UUID, body: requests.CloseIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """Close a handoff: its session is resolved, abandoned or set aside.

    The outcome `returned` is deprecated here: use `give-back`.
    """
    await service.close(
        db,
        actor,
        handoff_id,
        body.outcome,
        body.note,
        now,
        seen_holder=body.holder,
        avoidable_reason=body.avoidable_reason,
    )
    return await _answer(db, actor, handoff_id, now)


@router.post("/handoffs/{handoff_id}/give-back")
async def give_back(
    handoff_id: uuid.UUID, body: requests.GiveBackIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """Give a handoff back to the engineer who escalated it, who may also take it back while nobody holds it."""
    await service.close(
        db,
        actor,
        handoff_id,
        Outcome.SENT_BACK if body.is_incomplete else Outcome.RETURNED,
        body.reason,
        now,
        seen_holder=body.holder,
        avoidable_reason=body.avoidable_reason,
    )
    return await _answer(db, actor, handoff_id, now)


@router.post("/handoffs/{handoff_id}/send-back", deprecated=True)
async def send_back(
    handoff_id: uuid.UUID, body: requests.SendBackIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """`give-back` with `is_incomplete`: it says too little to work with. Held, or not claimed yet."""
    lacking = requests.GiveBackIn(reason=body.reason, is_incomplete=True, holder=body.holder)
    return await give_back(handoff_id, lacking, actor, db, now)


@router.put("/handoffs/{handoff_id}/avoidable")
async def judge(
    handoff_id: uuid.UUID, body: requests.JudgementIn, actor: CanWork, db: WriteSession, now: Now
) -> responses.HandoffOut:
    """Say what could have spared the escalation, even after its end; never required."""
    await avoidable.judge(db, actor, handoff_id, body.reason, now)
    return await _answer(db, actor, handoff_id, now)


async def _answer(db: ReadDb, actor: Actor, handoff_id: uuid.UUID, now: datetime) -> responses.HandoffOut:
    answer = await _of_row(db, actor, await queries.read_handoff(db, actor.account_id, handoff_id), now)
    if isinstance(db, Db):
        # Its events are numbered when all else is written and read: the account's others wait for that.
        recorded = [one for one in await write_recorded(db) if one.handoff_id == handoff_id]
        answer.events += map(responses.EventOut.model_validate, recorded)
    return answer


async def _of_row(db: ReadDb, actor: Actor, row: queries.Row, now: datetime) -> responses.HandoffOut:
    asked = await with_names(db, actor.account_id, row.questions)
    is_solved = row.session.status == SessionStatus.RESOLVED
    solved_by = await solution_of(db, actor.account_id, row.session.id) if is_solved else None
    made_at = row.handoff.created_at
    before = await ended_handoffs(db, actor.account_id, row.session.id, before=made_at) if row.is_again else []
    later = await steps_since(db, actor.account_id, row)
    earlier = earlier_out(before)
    return responses.handoff_out(row, asked, actor, now, solved_by=solved_by, earlier=earlier, later=later)
