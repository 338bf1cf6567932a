"""What goes to the ticket system by itself: when a session ends and, if the account wants it, at an escalation."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.identity.queries import names_and_timezone, timezone_of
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.context import PostingContext, posting_context
from flowpilot.psa.postings.planning import NewPosting, enqueue
from flowpilot.psa.postings.relinking import cancel_status
from flowpilot.psa.provider import Audience
from flowpilot.sessions.locking import LoadedSession, LockedSession
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.notes.reading import with_beside
from flowpilot.sessions.postings.content import content
from flowpilot.sessions.postings.files import files_to_post
from flowpilot.sessions.queries import SessionHistory, history_of, people_of, read_session

_OCCASIONS = {
    SessionStatus.RESOLVED: Occasion.RESOLVED,
    SessionStatus.ABANDONED: Occasion.ABANDONED,
    SessionStatus.REQUESTING_ESCALATION: Occasion.ESCALATED,
}

# The ticket has, or waits for, a status of its own while the session has one of these.
_TICKET_FOLLOWS = _OCCASIONS.keys() | {SessionStatus.ESCALATED}
_GOES_ON = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})


async def after_change(db: Db, locked: LockedSession, before: SessionStatus | None, by: uuid.UUID | None) -> None:
    """Enqueue what follows from a session's new status, in the same transaction.

    Args:
        db: the transaction.
        locked: the session as it is now.
        before: its status before; None if it is the session's ticket that has changed.
        by: who changed it.
    """
    session = locked.session
    status = SessionStatus(session.status)
    if before in _TICKET_FOLLOWS and status in _GOES_ON:
        await cancel_status(db, session.account_id, session.id, locked.moment)
    occasion = _occasion(before, status)
    if session.psa_ticket_id is None or occasion is None:
        return
    context = await posting_context(db, session.account_id, session.id)
    if context.posted.has_status_left:
        moved_to = session.psa_ticket_id if before is None else None
        await cancel_status(db, session.account_id, session.id, locked.moment, moved_to=moved_to)
    if context.connection is None or (occasion is Occasion.ESCALATED and not context.rules.posts_escalation):
        return
    history, timezone = await _history(db, locked)
    history = await with_beside(db, history)
    person = by or session.worked_on_by
    await post(db, context, history, timezone, occasion, person, locked.moment, is_moved=before is None)


def _occasion(before: SessionStatus | None, status: SessionStatus) -> Occasion | None:
    """What the change means to the ticket. A senior who gives a session back escalates it to nobody new."""
    is_given_back = (before, status) == (SessionStatus.ESCALATED, SessionStatus.REQUESTING_ESCALATION)
    return None if is_given_back else _OCCASIONS.get(status)


async def post(
    db: Db,
    context: PostingContext,
    history: SessionHistory,
    timezone: str,
    occasion: Occasion,
    by: uuid.UUID | None,
    at: datetime,
    *,
    is_moved: bool = False,
) -> None:
    """Enqueue the session's note, its time and its status, as far as they are new and the account wants them.

    Args:
        is_moved: the session has another ticket now. If all is on the old one, this one gets no status either.
    """
    session = history.session
    assert context.connection is not None
    assert session.psa_ticket_id is not None
    made = content(history, context, at, timezone)
    has_all = made.text is None and not made.worked and context.posted.is_any
    new = NewPosting(
        session_id=session.id,
        ticket_id=session.psa_ticket_id,
        occasion=occasion,
        audience=Audience.INTERNAL,
        text=made.text,
        worked=made.worked,
        sets_status=context.rules.posts_status and not (is_moved and has_all),
        files=list(await files_to_post(db, history, context)),
    )
    await enqueue(db, context.connection, context.rules, new, by, at)


async def _history(db: Db, locked: LockedSession) -> tuple[SessionHistory, str]:
    """The session with all that happened in it, and the account's time zone.

    People wait for the end of a session, so what this transaction has loaded is not read again.
    """
    session = locked.session
    if not isinstance(locked, LoadedSession):
        history = await read_session(db, session.account_id, session.id)
        return history, await timezone_of(db, session.account_id)
    people = people_of(session, locked.steps, locked.changes)
    names, timezone = await names_and_timezone(db, session.account_id, people)
    # They are the answer's, too.
    locked.names.update(names)
    return history_of(session, locked.steps, locked.followed, locked.changes, names), timezone
