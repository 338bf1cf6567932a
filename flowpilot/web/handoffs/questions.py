"""Asking back: forms on a handoff's and a session's page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Response

from flowpilot.clock import Now
from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.questions import api
from flowpilot.handoffs.questions.schemas import AnswerIn, QuestionIn
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.handoffs.back import FromForm, back_to
from flowpilot.web.refused.twice import PRESSED_ONCE

router = APIRouter(prefix="/handoffs/{handoff_id}", include_in_schema=False)


class QuestionForm(FromForm, OnceForm, QuestionIn):
    """A question to the engineer."""


class AnswerForm(FromForm, OnceForm, AnswerIn):
    """An answer to a question."""


class WithdrawalForm(FromForm, OnceForm):
    """That a question is withdrawn."""


@router.post("/questions")
async def ask(
    handoff_id: uuid.UUID,
    body: Annotated[QuestionForm, Form()],
    actor: CanWork,
    locked: LockedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    handoff = await api.ask(handoff_id, body, actor, locked, db, once)
    return back_to(handoff, body, "Asked. You are notified of the answer; nothing waits for it.")


@router.post("/questions/{question_id}/answer", dependencies=[PRESSED_ONCE])
async def answer(
    handoff_id: uuid.UUID,
    question_id: uuid.UUID,
    body: Annotated[AnswerForm, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
) -> Response:
    handoff = await api.answer(handoff_id, question_id, body, actor, db, now)
    return back_to(handoff, body, "Answered. The person who asked is notified.")


@router.post("/questions/{question_id}/withdraw", dependencies=[PRESSED_ONCE])
async def withdraw(
    handoff_id: uuid.UUID,
    question_id: uuid.UUID,
    body: Annotated[WithdrawalForm, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
) -> Response:
    return back_to(await api.withdraw(handoff_id, question_id, actor, db, now), body, "Withdrawn.")
