"""What the routes of questions take and give."""

import uuid
from datetime import datetime

from flowpilot.handoffs.corrections.schemas import TextEdits, edits_out
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.questions import policy
from flowpilot.handoffs.questions.policy import QuestionAction
from flowpilot.handoffs.questions.queries import Named
from flowpilot.http.fields import Body, Words
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import PersonOut
from flowpilot.sessions.models import AISession


class QuestionIn(Body):
    """What the engineer is asked."""

    question: Words


class AnswerIn(Body):
    """The answer to a question."""

    answer: Words


class QuestionOut(TextEdits):
    """A question to the engineer who escalated. It is open until it is answered or withdrawn."""

    id: uuid.UUID
    question: str
    asked_by: PersonOut
    asked_at: datetime
    answer: str | None
    answered_by: PersonOut | None
    answered_at: datetime | None
    withdrawn_at: datetime | None
    allowed: list[QuestionAction]


def questions_out(found: Named, handoff: SessionHandoff, session: AISession, actor: Actor) -> list[QuestionOut]:
    """The questions of a handoff, as the actor sees them."""
    questions, names = found
    return [
        QuestionOut(
            id=one.id,
            question=one.question,
            asked_by=PersonOut(id=one.asked_by, name=names.get(one.asked_by)),
            asked_at=one.asked_at,
            answer=one.answer,
            answered_by=None
            if one.answered_by is None
            else PersonOut(id=one.answered_by, name=names.get(one.answered_by)),
            answered_at=one.answered_at,
            withdrawn_at=one.withdrawn_at,
            allowed=policy.allowed(one, handoff, session, actor),
            **edits_out(one, actor),
        )
        for one in questions
    ]
