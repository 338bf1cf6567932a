"""What is done in a session that this transaction has locked."""

import uuid
from typing import Any

from sqlalchemy import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.flows.tree import NodeKind
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import still_works
from flowpilot.sessions import hooks, idle, path, policy, transitions
from flowpilot.sessions.locking import LoadedSession, LockedSession
from flowpilot.sessions.models import AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.transitions import Action


async def take_choice(db: Db, actor: Actor, loaded: LoadedSession, label: str) -> AISessionStep:
    """Answer the present question with one of its choices."""
    policy.check(loaded.session, actor, Action.STEP)
    where = loaded.where
    choice = path.choose(where, NodeKind.QUESTION, label)
    assert where.node is not None
    content = {"question": where.node.text, "choice": choice.label, "node": where.node_id, "next": choice.next}
    return await append_step(db, loaded, actor.user_id, StepKind.ANSWER, content)


async def report_outcome(db: Db, actor: Actor, loaded: LoadedSession, label: str, note: str = "") -> AISessionStep:
    """Say what came of the present instruction; without a flow, of anything that was tried (then see `note`)."""
    policy.check(loaded.session, actor, Action.STEP)
    where = loaded.where
    if loaded.tree is None:
        content: dict[str, Any] = {"instruction": note, "outcome": label} if note else {"outcome": label}
        return await append_step(db, loaded, actor.user_id, StepKind.OUTCOME, content)
    choice = path.choose(where, NodeKind.INSTRUCTION, label)
    assert where.node is not None
    content = {"instruction": where.node.text, "outcome": choice.label, "node": where.node_id, "next": choice.next}
    return await append_step(
        db, loaded, actor.user_id, StepKind.OUTCOME, content | ({"note": note} if note else {})
    )


async def write_text(db: Db, actor: Actor, loaded: LoadedSession, text: str) -> AISessionStep:
    """Leave what is offered: at a question an answer in one's own words, anywhere else a note.

    The session stays where it is, and what the question offers can still be chosen.
    """
    policy.check(loaded.session, actor, Action.STEP)
    where = loaded.where
    place = {} if where.node_id is None else {"node": where.node_id, "next": where.node_id}
    if where.node is not None and where.node.kind == NodeKind.QUESTION:
        content = {"question": where.node.text, "choice": text, **place}
        return await append_step(db, loaded, actor.user_id, StepKind.ANSWER, content, is_free_text=True)
    return await append_step(db, loaded, actor.user_id, StepKind.NOTE, {"text": text, **place})


async def go_back(db: Db, actor: Actor, loaded: LoadedSession) -> AISessionStep:
    """Take the newest step of the path back; what it said stays on record."""
    policy.check(loaded.session, actor, Action.STEP)
    where = loaded.where
    content = {"node": where.node_id, "next": path.step_back(where)}
    return await append_step(db, loaded, actor.user_id, StepKind.BACK, content)


async def pause(db: Db, actor: Actor, loaded: LockedSession, reason: str = "") -> None:
    """Lay the session aside."""
    policy.check(loaded.session, actor, Action.PAUSE)
    await transition(db, loaded, Action.PAUSE, actor.user_id, reason)


async def resume(db: Db, actor: Actor, loaded: LockedSession) -> None:
    """Go on with a session that was laid aside, or given up."""
    policy.check(loaded.session, actor, Action.RESUME)
    session, was_abandoned = loaded.session, loaded.session.status == SessionStatus.ABANDONED
    if was_abandoned and not await still_works(db, session.account_id, session.owner_id):
        session.owner_id = actor.user_id
    await transition(db, loaded, Action.RESUME, actor.user_id)
    if was_abandoned:
        await idle.watch(db, loaded.session, loaded.moment)


async def resolve(db: Db, actor: Actor, loaded: LoadedSession, summary: str) -> None:
    """Write down what solved it, and end the session."""
    policy.check(loaded.session, actor, Action.RESOLVE)
    await end_resolved(db, actor.user_id, loaded, summary)


async def end_resolved(db: Db, by: uuid.UUID, loaded: LoadedSession, summary: str) -> None:
    """`resolve`, for somebody who may end it for another reason: they hold its handoff.

    Raises:
        NotAllowedNowError: the status does not allow it.
    """
    transitions.next_status(SessionStatus(loaded.session.status), Action.RESOLVE)
    await append_step(db, loaded, by, StepKind.RESOLUTION, {"text": summary})
    await transition(db, loaded, Action.RESOLVE, by)


async def abandon(db: Db, actor: Actor, loaded: LockedSession, reason: str) -> None:
    """Give the session up."""
    policy.check(loaded.session, actor, Action.ABANDON)
    await transition(db, loaded, Action.ABANDON, actor.user_id, reason)


async def rate(db: Db, actor: Actor, loaded: LockedSession, rating: int, comment: str | None) -> None:
    """Rate a session that has ended, 1 to 5."""
    policy.check(loaded.session, actor, Action.RATE)
    loaded.session.session_rating, loaded.session.rating_comment = rating, comment
    await db.flush()


async def transition(
    db: Db, loaded: LockedSession, action: Action, by: uuid.UUID | None, reason: str = ""
) -> None:
    """Change the status as the table of transitions has it, on record, with all that follows from an end.

    Raises:
        NotAllowedNowError: the status does not allow it.
    """
    session, before = loaded.session, SessionStatus(loaded.session.status)
    session.status = transitions.next_status(before, action)
    session.last_activity_at = loaded.moment
    session.resolved_at = loaded.moment if session.status == SessionStatus.RESOLVED else None
    await db.flush()
    await record_change(db, loaded, before, by, reason)
    if session.status not in transitions.OPEN:
        for follow in hooks.on_end:
            await follow(db, session, by, loaded.moment)


async def append_step(
    db: Db,
    loaded: LoadedSession,
    by: uuid.UUID,
    kind: StepKind,
    content: dict[str, Any],
    *,
    is_free_text: bool = False,
) -> AISessionStep:
    """Append a step with all that follows from it. Whether it is allowed has been checked."""
    session = loaded.session
    step = AISessionStep(
        account_id=session.account_id,
        id=new_id(),
        session_id=session.id,
        position=loaded.steps[-1].position + 1 if loaded.steps else 1,
        kind=kind,
        actor_id=by,
        is_free_text=is_free_text,
        content=content,
        created_at=loaded.moment,
    )
    db.add(step)
    loaded.steps.append(step)
    session.step_count = len(loaded.steps)
    session.answer_count += kind == StepKind.ANSWER
    session.free_text_count += is_free_text
    session.last_activity_at = loaded.moment
    await db.flush()
    for follow in hooks.on_step:
        await follow(db, session, step)
    return step


async def record_change(
    db: Db, loaded: LockedSession, before: SessionStatus | None, by: uuid.UUID | None, reason: str
) -> None:
    """Add what a change of status led from and to. A beginning came from none."""
    await db.execute(
        insert(StatusChange).values(
            account_id=loaded.session.account_id,
            id=new_id(),
            session_id=loaded.session.id,
            from_status=before,
            to_status=loaded.session.status,
            actor_id=by,
            reason=reason,
            created_at=loaded.moment,
        )
    )


async def correct(db: Db, loaded: LockedSession, **details: str | None) -> None:
    """Correct what the session is about; `details` are columns of the session."""
    for column, value in details.items():
        setattr(loaded.session, column, value)
    loaded.session.last_activity_at = loaded.moment
    await db.flush()
