"""What is said of a session's earlier escalations."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from flowpilot.attachments.schemas import AttachmentOut, attachments_in
from flowpilot.handoffs.earlier.queries import EarlierHandoff
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.snapshot import tried_in
from flowpilot.identity.schemas import PersonOut


class AnsweredOut(BaseModel):
    """A question to the engineer, and the answer if there was one."""

    question: str
    asked_by: PersonOut
    answer: str | None
    answered_by: PersonOut | None


class EarlierHandoffOut(BaseModel):
    """An earlier escalation of the same session: what the engineer said, what was asked back, and how it ended."""

    id: uuid.UUID
    created_at: datetime
    created_by: PersonOut | None
    reason: str
    priority: PriorityName
    note: str = Field(description="What the engineer thought it was.")
    tried: str = Field(description="What the engineer said they had tried, besides the steps.")
    attachments: list[AttachmentOut] = Field(description="Its own files; those of steps are with the session.")
    questions: list[AnsweredOut]
    closed_at: datetime | None
    closed_by: PersonOut | None
    outcome: Outcome | None
    ended_with: str = Field(description="Why it was sent back, or what else was said as it ended.")


def earlier_out(found: Iterable[EarlierHandoff]) -> list[EarlierHandoffOut]:
    """The earlier handoffs as everybody reads them."""
    return [_out(one) for one in found]


def _out(one: EarlierHandoff) -> EarlierHandoffOut:
    handoff, names = one.handoff, one.names

    def person(user_id: uuid.UUID | None) -> PersonOut | None:
        return None if user_id is None else PersonOut(id=user_id, name=names.get(user_id))

    return EarlierHandoffOut(
        id=handoff.id,
        created_at=handoff.created_at,
        created_by=person(handoff.created_by),
        reason=handoff.reason,
        priority=PriorityName.of(handoff.priority),
        note=handoff.note,
        tried=tried_in(handoff.snapshot),
        attachments=attachments_in(handoff.snapshot),
        questions=[
            AnsweredOut(
                question=asked.question,
                asked_by=PersonOut(id=asked.asked_by, name=names.get(asked.asked_by)),
                answer=asked.answer,
                answered_by=person(asked.answered_by),
            )
            for asked in one.questions
        ],
        closed_at=handoff.closed_at,
        closed_by=person(handoff.closed_by),
        outcome=None if handoff.outcome is None else Outcome(handoff.outcome),
        ended_with=one.ended_with,
    )
