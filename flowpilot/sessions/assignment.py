"""Who works on a session: taking an unassigned one, and passing on those of a member who leaves."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import lock_own_work
from flowpilot.identity.queries import names_of
from flowpilot.sessions import policy, service, transitions
from flowpilot.sessions.locking import LockedSession, lock
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.policy import SessionTakenError
from flowpilot.sessions.transitions import Action


async def take(db: Db, actor: Actor, session_id: uuid.UUID, now: datetime) -> None:
    """Take an unassigned session; a paused one is resumed, unless a fix waits: that is theirs to answer for now.

    Its owner may ask again, which changes nothing.

    Raises:
        SessionNotFoundError: the account has no such session.
        SessionTakenError: somebody else works on it.
        NotUnassignedError: it is in the queue, or has ended.
    """
    await lock_own_work(db, actor)
    locked = await lock(db, actor.account_id, session_id, now)
    session = locked.session
    if session.owner_id == actor.user_id:
        return
    try:
        policy.check(session, actor, Action.TAKE)
    except SessionTakenError:
        raise await _taken(db, session) from None
    session.owner_id = actor.user_id
    if session.status == SessionStatus.PAUSED and not policy.waits(session):
        await service.transition(db, locked, Action.RESUME, actor.user_id)
    session.last_activity_at = locked.moment
    await db.flush()
    service.announce_change(db, session)


async def open_of(db: ReadDb, account_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[AISession]:
    """The open sessions that somebody works on."""
    query = select(AISession).where(
        AISession.account_id == account_id, AISession.owner_id == user_id, AISession.status.in_(transitions.OPEN)
    )
    return (await db.scalars(query.order_by(AISession.id))).all()


async def pass_on(db: Db, locked: LockedSession, to: uuid.UUID | None, by: uuid.UUID) -> None:
    """Give a session to somebody else, or leave it to be taken. Nobody is working on it now, so it is paused."""
    locked.session.owner_id = to
    if locked.session.status == SessionStatus.ACTIVE:
        await service.transition(db, locked, Action.PAUSE, by, reason(to))
    locked.session.last_activity_at = locked.moment
    await db.flush()
    service.announce_change(db, locked.session)


def reason(successor: uuid.UUID | None) -> str:
    """Why a session has stopped, for its note: a customer may read that."""
    return "Waits for a colleague." if successor is None else "Handed over to a colleague."


async def _taken(db: Db, session: AISession) -> SessionTakenError:
    """The refusal, with the name of the person if it is known."""
    names = await names_of(db, session.account_id, filter(None, [session.worked_on_by]))
    return SessionTakenError(f"{next(iter(names.values()), 'Somebody')} works on this session now.")
