"""What is done in a session that this transaction has locked."""

import uuid
from collections.abc import Mapping
from typing import Any

from flowpilot.attachments.schemas import names_in
from flowpilot.db.announce import announce
from flowpilot.db.base import Base, new_id
from flowpilot.db.session import Db
from flowpilot.db.together import write_together
from flowpilot.errors import OutdatedError
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import still_works
from flowpilot.identity.hours.queries import hours_history
from flowpilot.psa.postings.relinking import relink
from flowpilot.sessions import decisions, hooks, idle, path, policy, transitions
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.following.entering import next_entry
from flowpilot.sessions.locking import LoadedSession, LockedSession, steps_of
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus
from flowpilot.sessions.postings.enqueueing import after_change
from flowpilot.sessions.runs.decisions import check_may_end, check_may_go_on
from flowpilot.sessions.search.keeping import keep_words, step_kept
from flowpilot.sessions.transitions import Action
from flowpilot.working_hours import work_seconds

Files = Mapping[str, Any]
"""The part of a step's content that names its files."""

_NO_FILES: Files = {}

_WHY_HELD_AGAIN = {Action.FAIL: "The fix did not help.", Action.TAKE_BACK: "The fix was taken back."}


class NothingToEnterError(OutdatedError):
    """The session is not at a node that leads into another flow."""


async def take_choice(
    db: Db, actor: Actor, loaded: LoadedSession, label: str, files: Files = _NO_FILES
) -> AISessionStep:
    """Answer the present question with one of its choices."""
    policy.check(loaded.session, actor, Action.STEP)
    return await _move_on(db, loaded, actor.user_id, decisions.answer(loaded.where, label).beside(files))


async def report_outcome(
    db: Db, actor: Actor, loaded: LoadedSession, label: str, note: str = "", files: Files = _NO_FILES
) -> AISessionStep:
    """Report the outcome of the present instruction; without a flow, of what the note says was tried."""
    policy.check(loaded.session, actor, Action.STEP)
    if loaded.tree is None:
        new = decisions.outcome_without_flow(note, label).beside(files)
        return await add_step(db, loaded, actor.user_id, new)
    return await _move_on(db, loaded, actor.user_id, decisions.outcome(loaded.where, label, note).beside(files))


async def write_text(
    db: Db,
    actor: Actor,
    loaded: LoadedSession,
    text: str | None,
    files: Files = _NO_FILES,
    *,
    is_note: bool = False,
) -> AISessionStep:
    """Answer a question in one's own words; anywhere else, take a note. Files without words are a note, too.

    The session stays where it is, and the question's choices can still be taken. The words of somebody who may not
    move the session, because a senior holds it, are a note wherever it is.
    """
    policy.check(loaded.session, actor, Action.NOTE)
    may_answer = not is_note and text is not None and policy.refusal(loaded.session, actor, Action.STEP) is None
    write = decisions.free_text if may_answer else decisions.note
    new = write(loaded.where, names_in(files) if text is None else text)
    return await add_step(db, loaded, actor.user_id, new.beside(files))


async def pause(db: Db, actor: Actor, locked: LockedSession, reason: str = "") -> None:
    """Pause the session."""
    policy.check(locked.session, actor, Action.PAUSE)
    await transition(db, locked, Action.PAUSE, actor.user_id, reason)


async def resume(db: Db, actor: Actor, locked: LockedSession) -> None:
    """Resume a session that was paused or abandoned."""
    policy.check(locked.session, actor, Action.RESUME)
    session, was_abandoned = locked.session, locked.session.status == SessionStatus.ABANDONED
    if was_abandoned and not await still_works(db, session.account_id, session.owner_id):
        session.owner_id = actor.user_id
    await transition(db, locked, Action.RESUME, actor.user_id)
    if was_abandoned:
        await _goes_on_again(db, actor, locked)


async def reopen(db: Db, actor: Actor, locked: LockedSession, reason: str) -> None:
    """Go on with a resolved session, because it was not solved after all. Its resolution stays on record."""
    policy.check(locked.session, actor, Action.REOPEN)
    session = locked.session
    if not await still_works(db, session.account_id, session.owner_id):
        session.owner_id = actor.user_id
    await transition(db, locked, Action.REOPEN, actor.user_id, reason)
    await _goes_on_again(db, actor, locked)


async def _goes_on_again(db: Db, actor: Actor, locked: LockedSession) -> None:
    """A session that had ended is worked on again, by whoever worked on it."""
    await idle.watch_again(db, locked.session, locked.moment)
    for follow in hooks.on_reopened:
        await follow(db, locked.session, actor.user_id, locked.moment)


async def resolve(db: Db, actor: Actor, loaded: LoadedSession, summary: str) -> None:
    """Write down what solved it, and end the session."""
    policy.check(loaded.session, actor, Action.RESOLVE)
    await end_resolved(db, actor.user_id, loaded, summary)


async def end_resolved(db: Db, by: uuid.UUID, loaded: LoadedSession, summary: str) -> None:
    """`resolve`, without a check of the person: their right comes from the session's handoff.

    Raises:
        NotAllowedNowError: the status does not allow it.
        StillOpenError: something required of a checklist is neither done nor waived.
        NotAtItsEndError: it follows a procedure, and is not at an end of its path.
    """
    transitions.next_status(SessionStatus(loaded.session.status), Action.RESOLVE)
    check_may_end(loaded.run, is_procedural=loaded.followed.is_procedural)
    await add_step(db, loaded, by, decisions.resolution(summary))
    await transition(db, loaded, Action.RESOLVE, by)


async def abandon(db: Db, actor: Actor, locked: LockedSession, reason: str) -> None:
    """Abandon the session."""
    policy.check(locked.session, actor, Action.ABANDON)
    await transition(db, locked, Action.ABANDON, actor.user_id, reason)


async def rate(db: Db, actor: Actor, locked: LockedSession, rating: int, comment: str | None) -> None:
    """Rate a session that has ended, 1 to 5."""
    policy.check(locked.session, actor, Action.RATE)
    locked.session.session_rating, locked.session.rating_comment = rating, comment
    await db.flush()


async def add_step(db: Db, loaded: LoadedSession, by: uuid.UUID, new: NewStep) -> AISessionStep:
    """Write a step, with all that follows from it. The caller has checked that it is allowed."""
    session = loaded.session
    step = decisions.take_step(session, loaded.steps, new, step_id=new_id(), by=by, at=loaded.moment)
    await write_together(db, session, step, replacing=step_kept(session, loaded.steps))
    announce_change(db, session)
    for follow in [*(hooks.on_awaited_step if loaded.is_awaited else []), *hooks.on_step]:
        await follow(db, session, step)
    return step


def announce_change(db: Db, session: AISession) -> None:
    """Have open pages told how far the session is, but nothing that was written. Set `last_activity_at` first."""
    announce(db, session.account_id, "sessions", session.id, session.step_count, session.version)


def touch(db: Db, locked: LockedSession) -> None:
    """Have open pages read the session again, of which nothing but its version changes: what is beside it has."""
    locked.session.last_activity_at = locked.moment
    announce_change(db, locked.session)


async def enter_subflows(db: Db, loaded: LoadedSession, by: uuid.UUID) -> None:
    """Enter the sub-flow at whose node the session has arrived, and one with which that begins, and so on."""
    while (entry := await next_entry(db, loaded)) is not None:
        await add_step(db, loaded, by, entry)


async def enter_again(db: Db, actor: Actor, loaded: LoadedSession) -> None:
    """Enter the sub-flow of the present node, whose entry was taken back, as it is published now.

    Raises:
        NothingToEnterError: the session is at no such node.
    """
    policy.check(loaded.session, actor, Action.STEP)
    if not path.may_enter(loaded.where):
        raise NothingToEnterError("There is no sub-flow to enter here. Load the session again to see where it is.")
    await enter_subflows(db, loaded, actor.user_id)


async def _move_on(db: Db, loaded: LoadedSession, by: uuid.UUID, new: NewStep) -> AISessionStep:
    check_may_go_on(loaded.run, new)
    step = await add_step(db, loaded, by, new)
    await enter_subflows(db, loaded, by)
    return step


async def transition(
    db: Db,
    locked: LockedSession,
    action: Action,
    by: uuid.UUID | None,
    reason: str = "",
    *,
    beside: Base | None = None,
) -> None:
    """Change the status as the table of transitions has it, on record, with all that follows from an end.

    `beside`: what else has changed with it, and is written in the same statement.

    Raises:
        NotAllowedNowError: the status does not allow it.
        FixWaitsError: nobody has said yet whether the fix that waits has worked.
    """
    session, waited, applied_at = locked.session, policy.waits(locked.session), locked.session.fix_applied_at
    refused = policy.refusal_by_fix(session, action)
    if refused is not None:
        raise refused
    before = decisions.change_status(session, action, locked.moment)
    await _count_working_time(db, session)
    change = decisions.status_change(session, before, change_id=new_id(), by=by, at=locked.moment, reason=reason)
    await write_together(db, session, change, *([] if beside is None else [beside]))
    if isinstance(locked, LoadedSession):
        locked.changes.append(change)
    announce_change(db, session)
    if waited:
        for settle in hooks.on_waited:
            await settle(db, session, locked.moment)
    if waited and applied_at is not None and not policy.waits(session):
        for answer in hooks.on_answered:
            await answer(db, session, by, locked.moment, applied_at, reason)
    for follow in _followers(session, action):
        await follow(db, session, by, locked.moment, reason)
    await after_change(db, locked, before, by)


async def _count_working_time(db: Db, session: AISession) -> None:
    """Write the working time of a resolution beside it, by the hours that were valid meanwhile."""
    session.work_seconds = None
    if session.resolved_at is not None:
        history = await hours_history(db, session.account_id)
        session.work_seconds = work_seconds(session.created_at, session.resolved_at, history)


def _followers(session: AISession, action: Action) -> list[hooks.Ended]:
    if session.status not in transitions.OPEN:
        return hooks.on_end
    return hooks.on_set_aside if action == Action.VERIFY else []


async def go_on(db: Db, locked: LockedSession, action: Action, by: uuid.UUID) -> None:
    """End the wait for a fix without its help: whoever has set aside what they hold for it, holds it again."""
    again = [await holds(db, locked.session) for holds in hooks.holds_again]
    if any(again):
        await transition(db, locked, Action.HOLD_AGAIN, by, _WHY_HELD_AGAIN[action])
    else:
        await transition(db, locked, action, by)


async def correct(db: Db, locked: LockedSession, **details: Any) -> None:
    """Edit what the session is about; `details` are columns of the session.

    What waits to be posted goes to the new ticket. A session that has ended is posted now if it was not before.
    """
    session, ticket = locked.session, locked.session.psa_ticket_id
    for column, value in details.items():
        setattr(locked.session, column, value)
    session.last_activity_at = locked.moment
    await db.flush()
    await keep_words(db, session, await steps_of(db, session.account_id, session.id))
    announce_change(db, session)
    if session.psa_ticket_id != ticket:
        await relink(db, session.account_id, session.id, session.psa_ticket_id, locked.moment)
        await after_change(db, locked, None, session.worked_on_by)
