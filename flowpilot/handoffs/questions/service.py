"""Asking back, answering and withdrawing. Of the session, only its version moves: no step, no status, no clock."""

import uuid
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.keeping import record_event
from flowpilot.handoffs.locking import handoff_for, lock_of, read
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.questions import policy
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.questions.policy import QuestionAction
from flowpilot.identity.actor import Actor
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.service import touch


class QuestionNotFoundError(NotFoundError):
    """No such question about the handoff."""

    def __init__(self) -> None:
        super().__init__("There is no such question.")


async def ask(
    db: Db, actor: Actor, locked: LockedSession, handoff_id: uuid.UUID, question: str
) -> HandoffQuestion:
    """Ask the engineer who escalated something. Several questions may be open.

    Raises:
        HandoffClosedError: the handoff is closed.
        NotYourHandoffError: somebody else holds it.
        NobodyToAskError: the actor would ask themselves, or a log does not say whom.
    """
    handoff = await handoff_for(db, actor, locked, handoff_id, HandoffAction.ASK)
    asked = HandoffQuestion(
        account_id=actor.account_id,
        id=new_id(),
        handoff_id=handoff_id,
        asked_by=actor.user_id,
        asked_at=locked.moment,
        question=question,
        answered_by=None,
        answered_at=None,
        answer=None,
        withdrawn_at=None,
        edits=[],
    )
    db.add(asked)
    await _record(db, handoff, asked, HandoffEventKind.ASKED, actor, locked)
    return asked


async def answer(
    db: Db, actor: Actor, handoff_id: uuid.UUID, question_id: uuid.UUID, said: str, now: datetime
) -> HandoffQuestion:
    """Answer a question.

    Raises:
        QuestionNotFoundError: the handoff has no such question.
        NotYourQuestionError, NotYourSessionError: somebody else is asked.
        QuestionSettledError: it is answered or withdrawn.
        HandoffClosedError: the handoff is closed.
    """
    locked, handoff, question = await _open(db, actor, handoff_id, question_id, QuestionAction.ANSWER, now)
    question.answer, question.answered_by, question.answered_at = said, actor.user_id, locked.moment
    await _record(db, handoff, question, HandoffEventKind.ANSWERED, actor, locked)
    return question


async def withdraw(
    db: Db, actor: Actor, handoff_id: uuid.UUID, question_id: uuid.UUID, now: datetime
) -> HandoffQuestion:
    """Withdraw a question that nobody has answered.

    Raises:
        QuestionNotFoundError: the handoff has no such question.
        NotYourQuestionError: somebody else asked it.
        QuestionSettledError: it is answered or withdrawn.
        HandoffClosedError: the handoff is closed.
    """
    locked, handoff, question = await _open(db, actor, handoff_id, question_id, QuestionAction.WITHDRAW, now)
    question.withdrawn_at = locked.moment
    await _record(db, handoff, question, HandoffEventKind.WITHDRAWN, actor, locked)
    return question


async def _open(
    db: Db,
    actor: Actor,
    handoff_id: uuid.UUID,
    question_id: uuid.UUID,
    action: QuestionAction,
    now: datetime,
) -> tuple[LockedSession, SessionHandoff, HandoffQuestion]:
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    question = await find_question(db, actor.account_id, handoff_id, question_id)
    handoff = await read(db, actor.account_id, handoff_id)
    refused = policy.refusal(question, handoff, locked.session, actor, action)
    if refused is not None:
        raise refused
    return locked, handoff, question


async def find_question(
    db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID, question_id: uuid.UUID
) -> HandoffQuestion:
    """A question of a handoff, locked after its session.

    Raises:
        QuestionNotFoundError: the handoff has no such question.
    """
    query = select(HandoffQuestion).where(
        HandoffQuestion.account_id == account_id,
        HandoffQuestion.handoff_id == handoff_id,
        HandoffQuestion.id == question_id,
    )
    found = await db.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise QuestionNotFoundError
    return found


async def _record(
    db: Db,
    handoff: SessionHandoff,
    question: HandoffQuestion,
    kind: HandoffEventKind,
    actor: Actor,
    locked: LockedSession,
) -> None:
    """The event names the question; its words stay in its own row alone.

    An open page that misses the event still sees that the session is another.
    """
    touch(db, locked)
    content = {"question": str(question.id), "asked_by": str(question.asked_by)}
    await record_event(db, handoff, NewEvent(kind, content), actor.user_id, locked.moment)
