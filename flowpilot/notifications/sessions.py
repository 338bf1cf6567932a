"""A fix that has to prove itself, or a session that goes on again: whoever works on it is told."""

import uuid
from datetime import datetime

from sqlalchemy import DateTime, Uuid, bindparam, update

from flowpilot.db.announce import announce
from flowpilot.db.session import Db
from flowpilot.db.statements.built import Built
from flowpilot.identity.actor import Permission
from flowpilot.identity.queries import names_of
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.models import Notification
from flowpilot.notifications.notices import Notice, holds, is_of, may, notify, settle, those_who_may
from flowpilot.notifications.people import people
from flowpilot.sessions.models import AISession, AISessionStep, StepKind
from flowpilot.text import sentence, tidy

_LENGTH = 120


async def ask_to_look_again(db: Db, session: AISession, now: datetime) -> None:
    """Notify its owner; everybody who can take it, if nobody works on it now. Once for each time that was chosen.

    What is put off or ends is settled, so a notice of this fix that still holds was made for this time: the job
    has run before, or somebody has chosen the same time twice.
    """
    if await holds(db, session.account_id, session.id, TroubleKind.LOOK_AGAIN, since=session.fix_applied_at):
        return
    await settle_waiting(db, session, now)
    members = await people(db, session.account_id)
    owner = None if session.owner_id is None else members.get(session.owner_id)
    is_worked_on = owner is not None and may(owner, Permission.WORK)
    asked = {session.owner_id} if is_worked_on else those_who_may(members, Permission.WORK)
    name = tidy(session.problem_summary, _LENGTH) or "A problem without a summary"
    reason = sentence(f"Waiting for: {tidy(session.waiting_for or '', _LENGTH)}")
    users = {user for user in asked if user is not None}
    await notify(db, session.account_id, users, Notice(session.id, TroubleKind.LOOK_AGAIN, name, reason), now)


async def tell_of_note(db: Db, session: AISession, step: AISessionStep) -> None:
    """While a fix waits, what others note is told to whoever waits for it. The words stay in the note alone."""
    is_note = step.kind == StepKind.NOTE or step.is_free_text
    if not is_note or session.look_again_at is None or session.owner_id in {None, step.actor_id}:
        return
    names = await names_of(db, session.account_id, filter(None, [session.owner_id, step.actor_id]))
    by = None if step.actor_id is None else names.get(step.actor_id)
    name = tidy(session.problem_summary, _LENGTH) or "A problem without a summary"
    reason = f"{by or 'Somebody'} has added a note."
    users = {session.owner_id} & names.keys()
    await notify(
        db, session.account_id, users, Notice(session.id, TroubleKind.NOTED, name, reason), step.created_at
    )


async def tell_of_reopening(db: Db, session: AISession, by: uuid.UUID, now: datetime) -> None:
    """Who it is with is told that it goes on, unless they did it themselves. Why is read there."""
    if session.owner_id in {None, by}:
        return
    names = await names_of(db, session.account_id, filter(None, [session.owner_id, by]))
    name = tidy(session.problem_summary, _LENGTH) or "A problem without a summary"
    reason = f"{names.get(by) or 'Somebody'} has reopened “{name}”."
    users = {user for user in names if user == session.owner_id}
    await notify(db, session.account_id, users, Notice(session.id, TroubleKind.REOPENED, name, reason), now)


async def settle_reopening(db: Db, session: AISession, _by: uuid.UUID | None, now: datetime, _reason: str) -> None:
    """It has ended again: nobody needs to read any more that it goes on."""
    await settle(db, session.account_id, [session.id], now)


# Built once, because each claim and each release asks.
_OF_OTHERS = Built(
    update(Notification)
    .where(
        Notification.account_id == bindparam("account"),
        Notification.route_id == bindparam("session"),
        Notification.settled_at.is_(None),
        is_of(TroubleKind.REOPENED),
        Notification.user_id.is_distinct_from(bindparam("owner", type_=Uuid)),
        Notification.created_at <= bindparam("since", type_=DateTime(timezone=True)),
    )
    .values(settled_at=bindparam("at", type_=DateTime(timezone=True))),
    returning=(Notification.id,),
)


async def settle_of_others(db: Db, session: AISession, since: datetime, now: datetime) -> None:
    """It is with somebody else since then, or with nobody: that it goes on is no longer theirs to read."""
    about = {"account": session.account_id, "session": session.id, "owner": session.owner_id}
    if await _OF_OTHERS.all(db, **about, since=since, at=now):
        announce(db, session.account_id, "notifications")


async def settle_waiting(db: Db, session: AISession, now: datetime) -> None:
    """It was looked at, or put off: nobody needs to read the earlier notice any more. A reopening is not over."""
    about_fix = is_of(TroubleKind.LOOK_AGAIN, TroubleKind.NOTED)
    await settle(db, session.account_id, [session.id], now, about_fix)
