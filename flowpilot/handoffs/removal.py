"""The copies of a session's words in its handoffs, their questions and their events."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, select, text, tuple_

from flowpilot.db.session import Db
from flowpilot.handoffs.days.news import note as note_news
from flowpilot.handoffs.decisions import assess_again
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.snapshot import tried_in
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.removal.copies import Copy, Found
from flowpilot.sessions.removal.overwriting import Rows, overwrite
from flowpilot.sessions.removal.scope import Removal


async def overwrite_handoffs(db: Db, removal: Removal) -> Found:
    """Reasons, notes, snapshots, assessments, questions and events."""
    if not removal.is_preview:
        # Their reasons and the session's domain, by which reports group them.
        note_news(db, removal.session_id)
    theirs = SessionHandoff.session_id == removal.session_id
    wrote = await overwrite(db, removal, SessionHandoff, ["reason", "note"], theirs, author="created_by")
    wrote |= await overwrite(db, removal, SessionHandoff, ["edits"], theirs, author="created_by")
    wrote |= await _of_tried(db, removal)
    found = wrote | await overwrite(db, removal, SessionHandoff, ["assessment"], theirs)
    found |= await _of_snapshots(db, removal)
    found |= await _assess_again(db, removal) if removal.is_whole else Rows()
    copies = [
        Copy("A handoff: its reason, snapshot or assessment", path=f"/handoffs/{one}", authors=_author(wrote, one))
        for one in sorted(found)
    ]
    return found.found(*copies) | await _of_questions(db, removal) | await _of_events(db, removal)


async def _of_snapshots(db: Db, removal: Removal) -> Rows:
    """The snapshots. In one that others took, what somebody may remove are their own steps."""
    theirs, others = SessionHandoff.session_id == removal.session_id, partial(_without_in_steps, removal)
    columns, author = ["snapshot"], "created_by"
    return await overwrite(db, removal, SessionHandoff, columns, theirs, author=author, clean_others=others)


def _without_in_steps(removal: Removal, snapshot: dict[str, Any]) -> dict[str, Any]:
    """Without the words in the actor's own steps, and in what the flow says with values that they filled in."""
    clean = removal.words.clean
    steps = {
        name: [clean(one) if "at" in one else one for one in snapshot[name]]
        for name in ("facts", "tried", "notes")
        if name in snapshot
    }
    return snapshot | steps | {name: clean(snapshot[name]) for name in ("node", "left", "run") if name in snapshot}


async def _of_tried(db: Db, removal: Removal) -> Rows:
    """The handoffs whose engineer wrote the words as what they tried: only the snapshot has that."""
    query = select(SessionHandoff.id, SessionHandoff.created_by, SessionHandoff.snapshot).where(
        SessionHandoff.account_id == removal.account_id, SessionHandoff.session_id == removal.session_id
    )
    wrote = {
        handoff_id: by
        for handoff_id, by, snapshot in await db.execute(query)
        if removal.only_of in {None, by} and removal.words.are_in(tried_in(snapshot))
    }
    return Rows(wrote)


def _author(wrote: Rows, handoff_id: uuid.UUID) -> frozenset[uuid.UUID]:
    return Rows({handoff_id: wrote.had.get(handoff_id)}).authors


async def _of_questions(db: Db, removal: Removal) -> Found:
    mine = HandoffQuestion.handoff_id.in_(_handoffs(removal))
    asked = await overwrite(db, removal, HandoffQuestion, ["question"], mine, author="asked_by")
    answered = await overwrite(db, removal, HandoffQuestion, ["answer"], mine, author="answered_by")
    # A text is edited by its author alone.
    edited = await overwrite(db, removal, HandoffQuestion, ["edits"], mine, clean=partial(_of_edits, removal))
    answered |= edited
    authors, rows = asked.authors | answered.authors, asked | answered
    return rows.found(*([Copy(f"Questions and answers ({len(rows)})", authors=authors)] if rows else []))


def _of_edits(removal: Removal, edits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    theirs = [removal.only_of is None or one["by"] == str(removal.only_of) for one in edits]
    return [removal.words.clean(one) if is_theirs else one for one, is_theirs in zip(edits, theirs, strict=True)]


async def _of_events(db: Db, removal: Removal) -> Found:
    """Why it was released or closed. What solved it is said again in the event of that moment."""
    handoffs = (await db.scalars(_handoffs(removal))).all()
    await begin_removal_of_events(db, handoffs)
    mine = HandoffEvent.handoff_id.in_(handoffs)
    events = await overwrite(db, removal, HandoffEvent, ["content"], mine, author="actor_id")
    if removal.is_whole:
        moments = [(step.created_at, step.actor_id) for step in removal.steps]
        same = tuple_(HandoffEvent.created_at, HandoffEvent.actor_id).in_(moments)
        clean = removal.words.clean_own
        events |= await overwrite(db, removal, HandoffEvent, ["content"], mine, same, clean=clean)
    copies = [Copy(f"Events of handoffs ({len(events)})", authors=events.authors)] if events else []
    return events.found(*copies)


async def begin_removal_of_events(db: Db, handoffs: Sequence[uuid.UUID]) -> None:
    """Allow this transaction to overwrite the words of these handoffs' events, and of no others."""
    await db.execute(text(f"SET LOCAL app.removing_from_handoffs = '{','.join(map(str, handoffs))}'"))


def _handoffs(removal: Removal) -> Select[uuid.UUID]:
    """The ids of the session's handoffs."""
    return select(SessionHandoff.id).where(
        SessionHandoff.account_id == removal.account_id, SessionHandoff.session_id == removal.session_id
    )


async def _assess_again(db: Db, removal: Removal) -> Rows:
    """An AI may have said the same in other words, so the rules sum up again what is left.

    So they do where they have summed up a text that is not searched for, because others may say the same.
    """
    query = select(SessionHandoff).where(
        SessionHandoff.account_id == removal.account_id,
        SessionHandoff.session_id == removal.session_id,
        SessionHandoff.assessment.is_not(None),
    )
    every = await db.scalars(query.execution_options(populate_existing=True))
    meant = [one for one in every if _may_say_it(one, removal)]
    if meant and not removal.is_preview:
        history = await read_session(db, removal.account_id, removal.session_id)
        for handoff in meant:
            assess_again(handoff, history)
        await db.flush()
    # What the rules say is taken from the steps, and each of these that keeps the words is said by itself.
    cells = {(SessionHandoff.__name__, handoff.id, "assessment"): False for handoff in meant}
    return Rows({handoff.id: None for handoff in meant}, cells)


def _may_say_it(handoff: SessionHandoff, removal: Removal) -> bool:
    said = handoff.assessment or {}
    return said.get("source") == "ai" or removal.words.clean_own(said) != said
