"""JSON routes of questions: a senior asks the engineer who escalated, without giving anything back."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.handoffs import api
from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.questions import service
from flowpilot.handoffs.questions.schemas import AnswerIn, QuestionIn
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce

router = APIRouter(prefix="/api/v1/handoffs/{handoff_id}/questions", tags=["handoffs"])


@router.post("", status_code=201)
async def ask(
    handoff_id: uuid.UUID,
    body: QuestionIn,
    actor: CanWork,
    locked: LockedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> HandoffOut:
    """Ask the engineer who escalated. It pauses nothing, is not a step, and stops no clock."""

    async def make() -> HandoffOut:
        await service.ask(db, actor, locked, handoff_id, body.question)
        return await api.read_handoff(handoff_id, actor, db, locked.moment)

    return await once.create(HandoffOut, body, make)


@router.post("/{question_id}/answer")
async def answer(
    handoff_id: uuid.UUID, question_id: uuid.UUID, body: AnswerIn, actor: CanWork, db: WriteSession, now: Now
) -> HandoffOut:
    """Answer a question: the engineer who escalated, or whoever may work on the session, but not who asked."""
    await service.answer(db, actor, handoff_id, question_id, body.answer, now)
    return await api.read_handoff(handoff_id, actor, db, now)


@router.post("/{question_id}/withdraw")
async def withdraw(
    handoff_id: uuid.UUID, question_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now
) -> HandoffOut:
    """Withdraw a question of one's own that nobody has answered."""
    await service.withdraw(db, actor, handoff_id, question_id, now)
    return await api.read_handoff(handoff_id, actor, db, now)
