"""What a session's earlier escalations brought: it belongs to the case, so the next senior reads it, too."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BindParameter, Text, Uuid, any_, bindparam, cast, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB

from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, Outcome, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.queries import names_of
from flowpilot.sessions.models import StatusChange


@dataclass(frozen=True, slots=True)
class EarlierHandoff:
    """A handoff that has ended, the note with which it ended, and what was asked back in it and not withdrawn."""

    handoff: SessionHandoff
    ended_with: str
    questions: Sequence[HandoffQuestion]
    names: dict[uuid.UUID, str]


async def ended_handoffs(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID, *, before: datetime | None = None
) -> list[EarlierHandoff]:
    """The ended handoffs of a session, in their order.

    Args:
        before: only those that were made earlier than this.
    """
    # One that a fix has set aside was closed more than once: the last time says how it ended.
    closing = (
        select(HandoffEvent.content)
        .where(
            HandoffEvent.account_id == account_id,
            HandoffEvent.handoff_id == SessionHandoff.id,
            HandoffEvent.kind == HandoffEventKind.CLOSED,
        )
        .order_by(HandoffEvent.created_at.desc(), HandoffEvent.number.desc())
        .limit(1)
        .correlate(SessionHandoff)
        .scalar_subquery()
    )
    query = (
        select(SessionHandoff, closing)
        .where(
            SessionHandoff.account_id == account_id,
            SessionHandoff.session_id == session_id,
            SessionHandoff.closed_at.is_not(None),
        )
        .order_by(SessionHandoff.created_at, SessionHandoff.id)
    )
    if before is not None:
        query = query.where(SessionHandoff.created_at < before)
    rows = (await db.execute(query)).all()
    if not rows:
        return []
    questions = await _questions(db, account_id, [handoff.id for handoff, _ in rows])
    names = await names_of(db, account_id, set(_people([handoff for handoff, _ in rows], questions)))
    return [
        EarlierHandoff(
            handoff,
            str((content or {}).get("note", "")),
            [one for one in questions if one.handoff_id == handoff.id],
            names,
        )
        for handoff, content in rows
    ]


def _came_back(account_id: BindParameter[uuid.UUID]) -> Lookup[dict[uuid.UUID, Outcome]]:
    since = exists().where(
        StatusChange.account_id == account_id,
        StatusChange.session_id == SessionHandoff.session_id,
        StatusChange.created_at > SessionHandoff.closed_at,
    )
    by_session = func.jsonb_object_agg(cast(SessionHandoff.session_id, Text), SessionHandoff.outcome, type_=JSONB)
    query = select(by_session).where(
        SessionHandoff.account_id == account_id,
        SessionHandoff.session_id == any_(bindparam("session_ids", type_=ARRAY(Uuid))),
        SessionHandoff.outcome.in_([Outcome.SENT_BACK, Outcome.RETURNED]),
        SessionHandoff.closed_by.is_distinct_from(bindparam("reader")),
        ~since,
    )
    return Lookup(query, lambda found: {uuid.UUID(one): Outcome(how) for one, how in (found or {}).items()})


_CAME_BACK = _came_back(bindparam("account_id"))


def came_back(
    account_id: uuid.UUID, session_ids: Collection[uuid.UUID], reader: uuid.UUID
) -> Asked[dict[uuid.UUID, Outcome]]:
    """How the last handoff of each of these sessions came back, if nothing has become of the session since.

    What the reader took back is not among them.
    """
    return _CAME_BACK.of(account_id=account_id, session_ids=list(session_ids), reader=reader)


async def _questions(
    db: ReadDb, account_id: uuid.UUID, handoff_ids: Sequence[uuid.UUID]
) -> Sequence[HandoffQuestion]:
    query = select(HandoffQuestion).where(
        HandoffQuestion.account_id == account_id,
        HandoffQuestion.handoff_id.in_(handoff_ids),
        HandoffQuestion.withdrawn_at.is_(None),
    )
    return (await db.scalars(query.order_by(HandoffQuestion.asked_at, HandoffQuestion.id))).all()


def _people(handoffs: Sequence[SessionHandoff], questions: Sequence[HandoffQuestion]) -> Iterator[uuid.UUID]:
    found = [person for one in handoffs for person in (one.created_by, one.closed_by)]
    found += [person for one in questions for person in (one.asked_by, one.answered_by)]
    yield from (person for person in found if person is not None)
