"""Which sessions wait for a fix to prove itself."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, String, cast, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from flowpilot.db.session import ReadDb
from flowpilot.http.paging import decode_cursor, encode_cursor
from flowpilot.identity.queries import names_of
from flowpilot.sessions.models import AISession, AISessionStep, StepKind

_ORDER = (AISession.look_again_at, AISession.id)
_KEY = (datetime, uuid.UUID)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page of the sessions to look at again; `n` is how many there are on all pages.

    `notes`: how many others than its owner have added to a session since its fix was applied.
    """

    sessions: Sequence[AISession]
    notes: Mapping[uuid.UUID, int]
    names: Mapping[uuid.UUID, str]
    n: int
    next_cursor: str | None


async def waiting_to_verify(
    db: ReadDb, account_id: uuid.UUID, limit: int, cursor: str | None, *, owner_id: uuid.UUID | None = None
) -> Waiting:
    """Those to look at next, of one person or of everybody.

    Raises:
        BadCursorError: the cursor is not from this list.
    """
    conditions = [AISession.account_id == account_id, AISession.look_again_at.is_not(None)]
    if owner_id is not None:
        conditions.append(AISession.owner_id == owner_id)
    count = select(func.count()).select_from(AISession).where(*conditions).scalar_subquery()
    query = select(AISession, count, _n_notes(account_id)).where(*conditions)
    if cursor is not None:
        query = query.where(tuple_(*_ORDER) > tuple_(*map(literal, decode_cursor(cursor, *_KEY))))
    rows = (await db.execute(query.order_by(*_ORDER).limit(limit + 1))).all()
    sessions = [session for session, *_ in rows[:limit]]
    notes = {session.id: n for session, _, n in rows[:limit]}
    owners = {session.owner_id for session in sessions if session.owner_id is not None}
    names = await names_of(db, account_id, owners) if owners else {}
    return Waiting(
        sessions, notes, names, rows[0][1] if rows else 0, _next(sessions) if len(rows) > limit else None
    )


def _n_notes(account_id: uuid.UUID) -> ScalarSelect[int]:
    """How many notes of others stand in a session that is read, since its fix was applied."""
    step, edit = aliased(AISessionStep), aliased(AISessionStep)
    struck = exists().where(
        edit.account_id == account_id,
        edit.session_id == step.session_id,
        edit.kind == StepKind.STRIKE,
        edit.content["step"].astext == cast(step.id, String),
    )
    return (
        select(func.count())
        .where(
            step.account_id == account_id,
            step.session_id == AISession.id,
            step.created_at > AISession.fix_applied_at,
            or_(step.kind == StepKind.NOTE, step.is_free_text),
            step.actor_id.is_distinct_from(AISession.owner_id),
            ~struck,
        )
        .correlate(AISession)
        .scalar_subquery()
    )


def _next(sessions: Sequence[AISession]) -> str:
    last = sessions[-1]
    assert last.look_again_at is not None
    return encode_cursor((last.look_again_at, last.id))
