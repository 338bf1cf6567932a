"""What a senior asks back, and what people say later or otherwise: forms on a handoff's and a session's page."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.handoffs.api import LockedOfHandoff
from flowpilot.handoffs.corrections import api as corrections
from flowpilot.handoffs.corrections.schemas import TextCorrectionIn
from flowpilot.handoffs.opinions import api as opinions
from flowpilot.handoffs.opinions.schemas import OpinionIn
from flowpilot.handoffs.questions import api
from flowpilot.handoffs.questions.schemas import AnswerIn, QuestionIn
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.http.fields import Remark
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to

router = APIRouter(prefix="/handoffs/{handoff_id}", include_in_schema=False)


class FromForm(BaseModel):
    """The page on which the form is."""

    page: Literal["handoff", "session"] = "handoff"


class QuestionForm(FromForm, OnceForm, QuestionIn):
    """A question to the engineer."""


class AnswerForm(FromForm, OnceForm, AnswerIn):
    """An answer to a question."""


class OpinionForm(FromForm, OnceForm, OpinionIn):
    """What the engineer thinks it is."""


class RewordingForm(FromForm, OnceForm, TextCorrectionIn):
    """A text as it should read; without one it is struck. A struck text was empty, which a form does not send."""

    was: Remark = ""


class WithdrawalForm(FromForm, OnceForm):
    """That a question is withdrawn."""


@router.post("/texts", dependencies=[PRESSED_ONCE])
async def reword(
    handoff_id: uuid.UUID, body: Annotated[RewordingForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    handoff = await corrections.correct(handoff_id, body, actor, db, now)
    said = "Struck. Correct it to bring it back." if body.text is None else "Corrected."
    stays = " A note that is on the ticket already stays as it is." if handoff.psa_ticket_id else ""
    return back_to(handoff, body, said + stays)


@router.post("/opinion")
async def say_opinion(
    handoff_id: uuid.UUID,
    body: Annotated[OpinionForm, Form()],
    actor: CanWork,
    locked: LockedOfHandoff,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    handoff = await opinions.say_opinion(handoff_id, body, actor, locked, db, once)
    holder = " Its holder is notified." if handoff.claimed_by else ""
    return back_to(handoff, body, f"Saved. It is in the handoff.{holder}")


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


def back_to(handoff: HandoffOut, form: FromForm, notice: str | None = None) -> Response:
    """The page on which the form was."""
    path = f"/sessions/{handoff.session_id}" if form.page == "session" else f"/handoffs/{handoff.id}"
    return go_to(path, notice)
