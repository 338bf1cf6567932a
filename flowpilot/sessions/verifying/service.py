"""A fix that has to prove itself: it is applied, looked at again at a time, and then confirmed or not."""

import uuid
from datetime import datetime, timedelta

import psycopg

from flowpilot.db.session import Db
from flowpilot.errors import FlowPilotError
from flowpilot.identity.actor import Actor
from flowpilot.jobs import DueJob, enqueue
from flowpilot.sessions import decisions, hooks, policy, service
from flowpilot.sessions.edits.again import LOOK_AGAIN
from flowpilot.sessions.edits.record import (
    FIX_WITHOUT_WORDS,
    WAITING_FOR,
    records,
    text_now,
    waiting_fix,
    waits_for,
)
from flowpilot.sessions.locking import LoadedSession, LockedSession
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.runs.decisions import check_may_end
from flowpilot.sessions.transitions import Action

LOOK_AGAIN_JOB = "sessions.look_again"
LONGEST_WAIT = timedelta(days=90)


class BadMomentError(FlowPilotError):
    """The time to look again is not between now and `LONGEST_WAIT` from now."""

    status = 422

    def __init__(self) -> None:
        super().__init__(f"Choose a time in the future, within {LONGEST_WAIT.days} days.")


async def verify(
    db: Db, actor: Actor, loaded: LoadedSession, fix: str, waiting_for: str, look_again_at: datetime
) -> None:
    """Write down what was done, and pause the session until it is looked at again. Its handoff is set aside.

    Raises:
        BadMomentError: the time is over, or too far away.
        StillOpenError, NotAtItsEndError: its flow requires more before its end, so it could not be confirmed.
    """
    policy.check(loaded.session, actor, Action.VERIFY)
    _check_moment(look_again_at, loaded.moment)
    check_may_end(loaded.run, is_procedural=loaded.followed.is_procedural)
    await service.add_step(db, loaded, actor.user_id, decisions.fix(loaded.where, fix, waiting_for, look_again_at))
    await service.transition(db, loaded, Action.VERIFY, actor.user_id, waiting_for)
    session = loaded.session
    session.waiting_for, session.look_again_at, session.fix_applied_at = waiting_for, look_again_at, loaded.moment
    await _remind(db, session)


async def postpone(db: Db, actor: Actor, locked: LockedSession, look_again_at: datetime) -> None:
    """Look at it again later.

    Raises:
        BadMomentError: the time is over, or too far away.
    """
    policy.check(locked.session, actor, Action.POSTPONE)
    _check_moment(look_again_at, locked.moment)
    await service.transition(db, locked, Action.POSTPONE, actor.user_id, "Put off.")
    locked.session.look_again_at = look_again_at
    await _remind(db, locked.session)


async def confirm(db: Db, actor: Actor, loaded: LoadedSession, summary: str) -> None:
    """It worked: the session is resolved now. `summary` is what solved it; the fix itself if it is empty.

    Raises:
        StillOpenError, NotAtItsEndError: its flow requires more before its end.
    """
    policy.check(loaded.session, actor, Action.CONFIRM)
    check_may_end(loaded.run, is_procedural=loaded.followed.is_procedural)
    solved = decisions.resolution(summary or fix_of(loaded))
    await service.add_step(db, loaded, actor.user_id, solved)
    await service.transition(db, loaded, Action.CONFIRM, actor.user_id)


async def fail(db: Db, actor: Actor, loaded: LoadedSession, note: str) -> None:
    """It did not help: that stands on record, and the work goes on, with the senior who held it if one did."""
    policy.check(loaded.session, actor, Action.FAIL)
    tried = decisions.outcome_without_flow(fix_of(loaded), "Did not help")
    assert loaded.session.look_again_at is not None
    tried.content["fix"] = str(_waiting(loaded).id)
    tried.content[LOOK_AGAIN] = loaded.session.look_again_at.isoformat()
    if note:
        tried.content["note"] = note
    await service.add_step(db, loaded, actor.user_id, tried)
    await service.go_on(db, loaded, Action.FAIL, actor.user_id)


async def wait_again(db: Db, by: uuid.UUID, loaded: LoadedSession, fix: AISessionStep, at: datetime) -> None:
    """It was said by mistake that a fix did not help: it waits as it did before, and so does its handoff.

    Args:
        at: when it was to be looked at.
    """
    await service.transition(db, loaded, Action.WAIT_AGAIN, by, "It is not known yet whether the fix helped.")
    session, waiting_for = loaded.session, waits_for(fix, records(loaded.steps).of(fix))
    session.waiting_for = waiting_for or str(fix.content[WAITING_FOR])
    session.look_again_at, session.fix_applied_at = at, fix.created_at
    await _remind(db, session)
    for follow in hooks.on_set_aside_again:
        await follow(db, session, by, loaded.moment, session.waiting_for)


def fix_of(loaded: LoadedSession) -> str:
    """What was done and waits to be confirmed."""
    step = _waiting(loaded)
    return text_now(step, records(loaded.steps).of(step)) or FIX_WITHOUT_WORDS


def _waiting(loaded: LoadedSession) -> AISessionStep:
    step = waiting_fix(loaded.session, loaded.steps)
    assert step is not None
    return step


def _check_moment(moment: datetime, now: datetime) -> None:
    if not now < moment <= now + LONGEST_WAIT:
        raise BadMomentError


async def _remind(db: Db, session: AISession) -> None:
    await db.flush()
    assert session.look_again_at is not None
    enqueue(
        db,
        LOOK_AGAIN_JOB,
        at=session.look_again_at,
        account_id=session.account_id,
        session_id=session.id,
        look_again_at=session.look_again_at.isoformat(),
    )


_WAITING = "SELECT id, look_again_at FROM ai_sessions WHERE account_id = %s AND look_again_at > %s ORDER BY id"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """The jobs of fixes that will be looked at again. Of one that is due, the reminder may be settled already."""
    return [
        DueJob(LOOK_AGAIN_JOB, at, {"account_id": account_id, "session_id": session_id, "look_again_at": at})
        for session_id, at in connection.execute(_WAITING, [account_id, now])
    ]
