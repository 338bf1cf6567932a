"""The handoffs and sessions of a member who leaves, and who gets them (docs/decisions/0024).

Sessions are locked first, all of them, then their handoffs are changed, and the events come last.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, and_, func, or_, select

from flowpilot.db.session import Db, ReadDb
from flowpilot.handoffs import decisions
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.keeping import record_event, return_to_queue
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.policy import WAITS_FOR_FIX
from flowpilot.identity.leaving import Holder, Holding, Leaver, LeavingHook
from flowpilot.sessions import assignment
from flowpilot.sessions.locking import LockedSession, lock_all
from flowpilot.sessions.models import AISession
from flowpilot.sessions.service import touch
from flowpilot.sessions.transitions import OPEN
from flowpilot.text import tidy

_NAME_LENGTH = 120


async def _list_work(db: ReadDb, holder: Holder) -> list[Holding]:
    handoffs = {handoff.session_id: handoff for handoff in await _handoffs_of(db, holder)}
    query = select(AISession).where(AISession.account_id == holder.account_id, AISession.id.in_(handoffs))
    sessions = {session.id: session for session in await db.scalars(query)}
    sessions |= {
        session.id: session for session in await assignment.open_of(db, holder.account_id, holder.user_id)
    }
    named = [_holding(session, handoffs.get(id_), holder.user_id) for id_, session in sorted(sessions.items())]
    return [holding for holding in named if holding is not None]


async def _hand_over_work(db: Db, leaver: Leaver) -> list[Holding]:
    """Put claims back into the queue, and give the rest to the successor; without one, everybody can take it."""
    if leaver.still_works:
        return []
    account_id, user_id = leaver.account_id, leaver.user_id
    found = {handoff.session_id for handoff in await _handoffs_of(db, leaver)}
    found |= {session.id for session in await assignment.open_of(db, account_id, user_id)}
    locked = [one for one in await lock_all(db, account_id, found, leaver.at) if one.session.status in OPEN]
    # Read again, because they may have changed before their sessions were locked.
    handoffs = {handoff.session_id: handoff for handoff in await _handoffs_that_go_on(db, account_id, found)}
    handed_over, happened = list[Holding](), list[tuple[LockedSession, SessionHandoff, NewEvent]]()
    for one in locked:
        handoff = handoffs.get(one.session.id)
        holding = _holding(one.session, handoff, user_id)
        if handoff is not None:
            happened += [(one, handoff, event) for event in await _pass_on(db, leaver, one, handoff)]
        if one.session.owner_id == user_id:
            await assignment.pass_on(db, one, leaver.successor, leaver.by)
        if holding is not None:
            handed_over.append(holding)
    for one, handoff, event in happened:
        touch(db, one)
        await record_event(db, handoff, event, leaver.by, one.moment)
    return handed_over


async def _pass_on(db: Db, leaver: Leaver, locked: LockedSession, handoff: SessionHandoff) -> list[NewEvent]:
    """Take the leaver out of a handoff, and return the events that this makes.

    Whose fix has set it aside, holds it no more than the session, which goes where that goes.
    """
    if handoff.goes_back_to == leaver.user_id:
        handoff.returns_to = leaver.successor
    if handoff.closed_at is not None:
        return []
    was_holder, was_target = (leaver.user_id == one for one in (handoff.claimed_by, handoff.target_user_id))
    if was_target:
        handoff.target_user_id = None
    events = []
    if was_holder:
        why = "Its holder has left the account." if leaver.role is None else "Its holder is now a viewer."
        events.append(decisions.release(handoff, why))
        await return_to_queue(db, locked, handoff, leaver.by, assignment.reason(leaver.successor))
    if handoff.claimed_by is None and (was_holder or was_target):
        has_successor = leaver.successor not in {None, handoff.created_by}
        target = leaver.successor if has_successor else handoff.target_user_id
        events.append(decisions.reassign(handoff, target))
    await db.flush()
    return events


def _holding(session: AISession, handoff: SessionHandoff | None, user_id: uuid.UUID) -> Holding | None:
    """What a session is to somebody: one thing. None if somebody else holds the handoff assigned to them."""
    name = tidy(session.problem_summary, _NAME_LENGTH) or "A problem without a summary"
    if handoff is None or (handoff.closed_at is not None and session.owner_id == user_id):
        return Holding("session", session.id, name)
    if handoff.closed_at is None and handoff.claimed_by == user_id:
        return Holding("claimed_handoff", handoff.id, name)
    if handoff.claimed_by is None and handoff.target_user_id == user_id:
        return Holding("assigned_handoff", handoff.id, name)
    return Holding("escalated_handoff", handoff.id, name) if handoff.goes_back_to == user_id else None


async def _handoffs_of(db: ReadDb, holder: Holder) -> Sequence[SessionHandoff]:
    """The handoffs that somebody holds, is the target of, or gets back."""
    goes_back_to = func.coalesce(SessionHandoff.returns_to, SessionHandoff.created_by)
    names_them = (SessionHandoff.claimed_by, SessionHandoff.target_user_id, goes_back_to)
    query = _going_on(holder.account_id).where(or_(*(column == holder.user_id for column in names_them)))
    return (await db.scalars(query)).all()


def _going_on(account_id: uuid.UUID) -> Select[SessionHandoff]:
    """The handoffs that are open, or set aside by a fix that waits."""
    session = and_(AISession.account_id == SessionHandoff.account_id, AISession.id == SessionHandoff.session_id)
    return (
        select(SessionHandoff)
        .join(AISession, session)
        .where(SessionHandoff.account_id == account_id, or_(SessionHandoff.closed_at.is_(None), WAITS_FOR_FIX))
    )


async def _handoffs_that_go_on(
    db: Db, account_id: uuid.UUID, session_ids: set[uuid.UUID]
) -> Sequence[SessionHandoff]:
    query = _going_on(account_id).where(SessionHandoff.session_id.in_(session_ids))
    return (await db.scalars(query.execution_options(populate_existing=True))).all()


WORK = LeavingHook(_list_work, _hand_over_work)
