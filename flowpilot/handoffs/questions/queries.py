"""Reads of questions: those of a handoff, and those of a session for its note."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, exists, func, select

from flowpilot.db.nested import rows_column
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.corrections.edited import last_edit
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.queries import names_of
from flowpilot.sessions.notes.beside import QuestionAndAnswer

Named = tuple[Sequence[HandoffQuestion], dict[uuid.UUID, str]]


def n_open(account_id: BindParameter[uuid.UUID]) -> ScalarSelect[int]:
    """How many questions of a handoff are open, within a statement that reads handoffs."""
    return (
        select(func.count())
        .where(
            HandoffQuestion.account_id == account_id,
            HandoffQuestion.handoff_id == SessionHandoff.id,
            HandoffQuestion.answered_at.is_(None),
            HandoffQuestion.withdrawn_at.is_(None),
        )
        .correlate(SessionHandoff)
        .scalar_subquery()
    )


def questions_column(account_id: BindParameter[uuid.UUID]) -> ScalarSelect[Any]:
    """A handoff's questions in their order, within a statement that reads handoffs."""
    return rows_column(
        HandoffQuestion,
        HandoffQuestion.account_id == account_id,
        HandoffQuestion.handoff_id == SessionHandoff.id,
        order=(HandoffQuestion.asked_at, HandoffQuestion.id),
    ).correlate(SessionHandoff)


def is_answered(one: HandoffQuestion) -> bool:
    """Whether a question stands, and so does its answer. One that was struck is empty."""
    return one.withdrawn_at is None and bool(one.answer)


async def was_answered(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """Whether a question in any handoff of the session is answered."""
    answered = exists().where(
        HandoffQuestion.account_id == account_id,
        HandoffQuestion.handoff_id == SessionHandoff.id,
        SessionHandoff.account_id == account_id,
        SessionHandoff.session_id == session_id,
        HandoffQuestion.withdrawn_at.is_(None),
        HandoffQuestion.answer != "",
    )
    return bool(await db.scalar(select(answered)))


async def with_names(db: ReadDb, account_id: uuid.UUID, found: Sequence[HandoffQuestion]) -> Named:
    """Questions, and what their people are called."""
    return found, await _names(db, account_id, found)


async def asked_of(db: ReadDb, account_id: uuid.UUID, found: Sequence[HandoffQuestion]) -> list[QuestionAndAnswer]:
    """Questions and their answers, with the names of their people, for the note of their session."""
    names = await _names(db, account_id, found)
    return [
        QuestionAndAnswer(
            one.question,
            names.get(one.asked_by),
            one.asked_at,
            one.answer,
            None if one.answered_by is None else names.get(one.answered_by),
            one.answered_at,
            last_edit(one.edits),
        )
        for one in found
    ]


async def _names(db: ReadDb, account_id: uuid.UUID, found: Sequence[HandoffQuestion]) -> dict[uuid.UUID, str]:
    people = {person for one in found for person in (one.asked_by, one.answered_by) if person is not None}
    return await names_of(db, account_id, people) if people else {}
