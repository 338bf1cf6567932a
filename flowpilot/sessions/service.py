"""What is done in a session, once this transaction holds it (`held.hold_for_work`)."""

import uuid
from typing import Any

from sqlalchemy import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.flows.tree import NodeKind
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import still_works
from flowpilot.sessions import hooks as followers
from flowpilot.sessions import idle as idleness
from flowpilot.sessions import path
from flowpilot.sessions import transitions as moves
from flowpilot.sessions.locking import Held, Locked
from flowpilot.sessions.models import AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.transitions import Verb


async def take_choice(db: Db, actor: Actor, held: Held, label: str) -> AISessionStep:
    """Answer the present question with one of its choices."""
    check_may_step(held)
    where = held.where
    choice = path.choose(where, NodeKind.QUESTION, label)
    assert where.node is not None
    content = {"question": where.node.text, "choice": choice.label, "node": where.node_id, "next": choice.next}
    return await add_step(db, held, actor.user_id, StepKind.ANSWER, content)


async def report_outcome(db: Db, actor: Actor, held: Held, label: str, note: str = "") -> AISessionStep:
    """Say what came of the present instruction; without a flow, of anything that was tried (then see `note`)."""
    check_may_step(held)
    where = held.where
    if held.tree is None:
        content: dict[str, Any] = {"instruction": note, "outcome": label} if note else {"outcome": label}
        return await add_step(db, held, actor.user_id, StepKind.OUTCOME, content)
    choice = path.choose(where, NodeKind.INSTRUCTION, label)
    assert where.node is not None
    content = {"instruction": where.node.text, "outcome": choice.label, "node": where.node_id, "next": choice.next}
    return await add_step(db, held, actor.user_id, StepKind.OUTCOME, content | ({"note": note} if note else {}))


async def write_text(db: Db, actor: Actor, held: Held, text: str) -> AISessionStep:
    """Leave what is offered: at a question an answer in one's own words, anywhere else a note.

    The session stays where it is, and what the question offers can still be chosen.
    """
    where = held.where
    place = {} if where.node_id is None else {"node": where.node_id, "next": where.node_id}
    if where.node is not None and where.node.kind == NodeKind.QUESTION:
        content = {"question": where.node.text, "choice": text, **place}
        return await add_step(db, held, actor.user_id, StepKind.ANSWER, content, is_free_text=True)
    return await add_step(db, held, actor.user_id, StepKind.NOTE, {"text": text, **place})


async def go_back(db: Db, actor: Actor, held: Held) -> AISessionStep:
    """Take the newest step of the path back; what it said stays on record."""
    check_may_step(held)
    where = held.where
    content = {"node": where.node_id, "next": path.step_back(where)}
    return await add_step(db, held, actor.user_id, StepKind.BACK, content)


async def pause(db: Db, actor: Actor, held: Locked, reason: str = "") -> None:
    """Lay the session aside."""
    await move(db, held, Verb.PAUSE, actor.user_id, reason)


async def resume(db: Db, actor: Actor, held: Locked) -> None:
    """Go on with a session that was laid aside, or given up."""
    session, was_abandoned = held.session, held.session.status == SessionStatus.ABANDONED
    if was_abandoned and not await still_works(db, session.account_id, session.owner_id):
        session.owner_id = actor.user_id
    await move(db, held, Verb.RESUME, actor.user_id)
    if was_abandoned:
        await idleness.watch(db, held.session, held.moment)


async def resolve(db: Db, actor: Actor, held: Held, summary: str) -> None:
    """Write down what solved it, and end the session."""
    moves.after(SessionStatus(held.session.status), Verb.RESOLVE)
    await _append(db, held, actor.user_id, StepKind.RESOLUTION, {"text": summary})
    await move(db, held, Verb.RESOLVE, actor.user_id)


async def abandon(db: Db, by: uuid.UUID | None, held: Locked, reason: str) -> None:
    """Give the session up; `by` is None when the account's idle limit did."""
    await move(db, held, Verb.ABANDON, by, reason)


async def rate(db: Db, held: Locked, rating: int, comment: str | None) -> None:
    """Rate a session that has ended, 1 to 5."""
    moves.after(SessionStatus(held.session.status), Verb.RATE)
    held.session.session_rating, held.session.rating_comment = rating, comment
    await db.flush()


def check_may_step(held: Locked) -> None:
    """Make sure that a step may be taken, before it is looked at what step that would be.

    Raises:
        NotAllowedNowError: the session's status allows no steps.
    """
    moves.after(SessionStatus(held.session.status), Verb.STEP)


async def add_step(
    db: Db, held: Held, by: uuid.UUID, kind: StepKind, content: dict[str, Any], *, is_free_text: bool = False
) -> AISessionStep:
    """Append a step with all that follows from it.

    Raises:
        NotAllowedNowError: the session's status allows no steps.
    """
    check_may_step(held)
    return await _append(db, held, by, kind, content, is_free_text=is_free_text)


async def move(db: Db, held: Locked, verb: Verb, by: uuid.UUID | None, reason: str = "") -> None:
    """Change the status as the table of moves has it, on record, with all that follows from an end.

    Raises:
        NotAllowedNowError: the status does not allow it.
    """
    session, before = held.session, SessionStatus(held.session.status)
    session.status = moves.after(before, verb)
    session.last_activity_at = held.moment
    session.resolved_at = held.moment if session.status == SessionStatus.RESOLVED else None
    await db.flush()
    await record_change(db, held, before, by, reason)
    if session.status not in moves.OPEN:
        for follow in followers.on_end:
            await follow(db, session, by, held.moment)


async def _append(
    db: Db, held: Held, by: uuid.UUID, kind: StepKind, content: dict[str, Any], *, is_free_text: bool = False
) -> AISessionStep:
    session = held.session
    step = AISessionStep(
        account_id=session.account_id,
        id=new_id(),
        session_id=session.id,
        position=held.steps[-1].position + 1 if held.steps else 1,
        kind=kind,
        actor_id=by,
        is_free_text=is_free_text,
        content=content,
        created_at=held.moment,
    )
    db.add(step)
    held.steps.append(step)
    session.step_count = len(held.steps)
    session.answer_count += kind == StepKind.ANSWER
    session.free_text_count += is_free_text
    session.last_activity_at = held.moment
    await db.flush()
    for follow in followers.on_step:
        await follow(db, session, step)
    return step


async def record_change(
    db: Db, held: Locked, before: SessionStatus | None, by: uuid.UUID | None, reason: str
) -> None:
    """Add what a change of status led from and to. A beginning came from none."""
    await db.execute(
        insert(StatusChange).values(
            account_id=held.session.account_id,
            id=new_id(),
            session_id=held.session.id,
            from_status=before,
            to_status=held.session.status,
            actor_id=by,
            reason=reason,
            created_at=held.moment,
        )
    )


async def correct(db: Db, held: Locked, **details: str | None) -> None:
    """Correct what the session is about; `details` are columns of the session."""
    for column, value in details.items():
        setattr(held.session, column, value)
    held.session.last_activity_at = held.moment
    await db.flush()
