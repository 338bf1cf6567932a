"""What the handoff routes give."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.attachments.schemas import AttachmentOut, attachments_in
from flowpilot.clients.schemas import ClientRef
from flowpilot.copilot.schemas import Assessment
from flowpilot.handoffs import policy
from flowpilot.handoffs.corrections.schemas import HandoffTexts, texts_out
from flowpilot.handoffs.earlier.schemas import EarlierHandoffOut
from flowpilot.handoffs.models import HandoffEventKind, Outcome
from flowpilot.handoffs.opinions.policy import may_say_opinion
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.queries import Row
from flowpilot.handoffs.questions.queries import Named, is_answered
from flowpilot.handoffs.questions.schemas import QuestionOut, questions_out
from flowpilot.handoffs.rules.filled import filled_in, lacked, still_lacking
from flowpilot.handoffs.rules.requirements import Requirement
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.since.known import is_done, known_now, tried_now
from flowpilot.handoffs.since.queries import Later
from flowpilot.handoffs.snapshot import still_missing
from flowpilot.handoffs.suggestions.assessed import assessed_steps
from flowpilot.handoffs.suggestions.policy import may_act
from flowpilot.handoffs.suggestions.schemas import NextStepOut, next_steps_out
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import PersonOut
from flowpilot.sessions import policy as sessions
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.problem.schemas import PartOut, parts_out
from flowpilot.sessions.schemas import client_ref


class FilledOut(BaseModel):
    """Something that was missing when the handoff was sent and is there now."""

    requirement: Requirement
    value: str = Field(description="The client, the ticket or the words; empty if a step of the session has it.")
    by: PersonOut | None = Field(description="Who filled it in, if that is known.")
    at: datetime | None


class HandoffRow(BaseModel):
    """A handoff in the queue.

    `waiting_seconds`: from its creation to the claim, or until now. From the claim on, `seconds_to_first_action`
    counts to the first step by anybody, and `seconds_to_claimant_action` to the first by the claimant.
    """

    id: uuid.UUID
    session_id: uuid.UUID
    session_status: SessionStatus
    problem_summary: str
    problem_domain: str | None
    client: ClientRef | None
    client_name: str | None
    psa_ticket_id: str | None
    reason: str
    priority: PriorityName
    completeness: float | None
    lacks: list[Requirement] = Field(description="What the account's rules ask for and it still lacks.")
    lacked: list[Requirement] = Field(
        description="What it did not have when it was sent, asked for or not. It does not change."
    )
    filled: list[FilledOut] = Field(description="What of that has been filled in since.")
    created_at: datetime
    created_by: PersonOut | None
    returns_to: PersonOut | None = Field(description="Who gets it back, because `created_by` has left.")
    target: PersonOut | None
    claimed_at: datetime | None
    claimed_by: PersonOut | None
    lease_expires_at: datetime | None
    first_action_at: datetime | None
    first_action_by: PersonOut | None
    claimant_action_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    look_again_at: datetime | None = Field(
        description="When the fix that has set it aside is looked at: held again if that did not help."
    )
    waiting_seconds: float
    seconds_to_first_action: float | None
    seconds_to_claimant_action: float | None
    n_open_questions: int = Field(description="Questions to the engineer that wait for an answer.")
    allowed: list[HandoffAction]
    given_back_as: list[Outcome] = Field(
        description="The outcomes that `give_back` may have: `sent_back` is asked for with `is_incomplete`."
    )


class QueuePage(BaseModel):
    """A page of handoffs; the counts are of all that is open."""

    items: list[HandoffRow]
    next_cursor: str | None
    n_waiting: int = Field(description="Open handoffs that nobody holds.")
    n_claimed_without_action: int = Field(description="Open handoffs whose holder has not acted yet.")


class EventOut(BaseModel):
    """One thing that happened to a handoff. Without an actor it was a rule of the account, such as the lease."""

    model_config = ConfigDict(from_attributes=True)

    number: int | None = Field(description="Its `id` in the live stream; null if it was imported.")
    kind: HandoffEventKind
    actor_id: uuid.UUID | None
    content: dict[str, Any]
    created_at: datetime


class HandoffOut(HandoffRow, HandoffTexts):
    """A handoff with all that is known: the snapshot of its session, and an assessment of it."""

    problem_body: str = Field(description="The text that the title was taken from; empty if the title is all.")
    problem_parts: list[PartOut] = Field(description="That text's own words, and what is around them.")
    may_correct: bool = Field(description="Whether the caller may edit what its session is about.")
    client_notes: str = Field(description="What everybody who works for the client should know.")
    attachments: list[AttachmentOut] = Field(description="Its own files; those of steps are in the snapshot.")
    snapshot: dict[str, Any] = Field(description="What its session said when it was sent, as that reads now.")
    known_now: list[dict[str, Any]] = Field(
        description="The snapshot's facts and notes, and those since, in order: these have `since` and `by_name`."
    )
    tried_now: list[dict[str, Any]] = Field(description="The same of what was tried.")
    missing: list[str] = Field(
        description="What a senior asks first and the snapshot does not have, besides client, ticket and domain."
    )
    may_say_opinion: bool = Field(description="Whether the caller may still say what they think it is.")
    avoidable_reason: str | None = Field(description="What could have spared it, as a senior has said.")
    may_judge: bool = Field(description="Whether the caller may say so.")
    avoidable_reasons: list[str] = Field(description="What the caller can choose from to say so.")
    solved_by: str | None = Field(description="What solved its session, as it reads now; null if not solved.")
    assessment: Assessment | None
    next_steps: list[NextStepOut] = Field(
        description="Those of the assessment, and what became of each; none that was done in another way."
    )
    questions: list[QuestionOut] = Field(description="What the engineer who escalated was asked, in order.")
    earlier: list[EarlierHandoffOut] = Field(description="The earlier escalations of its session, in order.")
    events: list[EventOut]


def handoff_row(row: Row, actor: Actor, now: datetime) -> dict[str, Any]:
    """The fields of `HandoffRow`, as the actor sees them."""
    handoff, session = row.handoff, row.session
    waited_until = handoff.claimed_at or handoff.closed_at or now
    claimed = handoff.claimed_at
    filled = filled_in(handoff, session, row.tried)
    return {
        "id": handoff.id,
        "session_id": session.id,
        "session_status": session.status,
        "problem_summary": session.problem_summary,
        "problem_domain": session.problem_domain,
        "client": client_ref(session),
        "client_name": session.client_name,
        "psa_ticket_id": session.psa_ticket_id,
        "reason": handoff.reason,
        "priority": PriorityName.of(handoff.priority),
        "completeness": handoff.snapshot.get("completeness"),
        "lacks": still_lacking(handoff, filled),
        "lacked": lacked(handoff),
        "filled": [
            FilledOut(requirement=one.requirement, value=one.value, by=_person(row, one.by), at=one.at)
            for one in filled
        ],
        "created_at": handoff.created_at,
        "created_by": _person(row, handoff.created_by),
        "returns_to": _person(row, handoff.returns_to),
        "target": _person(row, handoff.target_user_id),
        "claimed_at": claimed,
        "claimed_by": _person(row, handoff.claimed_by),
        "lease_expires_at": handoff.lease_expires_at,
        "first_action_at": handoff.first_action_at,
        "first_action_by": _person(row, handoff.first_action_by),
        "claimant_action_at": handoff.claimant_action_at,
        "closed_at": handoff.closed_at,
        "outcome": handoff.outcome,
        "look_again_at": session.look_again_at if policy.waits_for_fix(handoff, session) else None,
        "waiting_seconds": max(0.0, round((waited_until - handoff.created_at).total_seconds(), 2)),
        "seconds_to_first_action": _seconds(claimed, handoff.first_action_at),
        "seconds_to_claimant_action": _seconds(claimed, handoff.claimant_action_at),
        "n_open_questions": row.n_open_questions,
        "allowed": policy.allowed(handoff, session, actor),
        "given_back_as": policy.given_back_as(handoff, session, actor),
    }


def handoff_out(
    row: Row,
    asked: Named,
    actor: Actor,
    now: datetime,
    *,
    solved_by: str | None,
    earlier: list[EarlierHandoffOut],
    later: Later,
) -> HandoffOut:
    """The whole of a handoff; `solved_by` is what solved its session.

    Args:
        earlier: the escalations of its session before.
        later: the steps of its session since.
    """
    handoff = row.handoff
    fields = handoff_row(row, actor, now)
    may_judge = policy.may_judge(handoff, actor)
    may_answer = may_act(handoff, row.session, actor)
    return HandoffOut(
        **fields,
        problem_body=row.session.problem_body,
        problem_parts=parts_out(row.session.problem_body),
        may_correct=sessions.may_correct(sessions.allowed(row.session, actor)),
        client_notes=row.client_notes,
        attachments=attachments_in(handoff.snapshot),
        snapshot=handoff.snapshot,
        known_now=known_now(handoff.snapshot, later),
        tried_now=tried_now(handoff.snapshot, later),
        missing=still_missing(
            handoff.snapshot,
            [one.requirement for one in fields["filled"]],
            is_answered=any(is_answered(one) for one in asked[0]),
        ),
        may_say_opinion=may_say_opinion(handoff, actor),
        avoidable_reason=handoff.avoidable_reason,
        may_judge=may_judge,
        avoidable_reasons=list(row.avoidable_reasons) if may_judge else [],
        solved_by=solved_by,
        assessment=None if handoff.assessment is None else Assessment.model_validate(handoff.assessment),
        next_steps=next_steps_out(
            [
                one
                for one in assessed_steps(handoff, row.session, row.results)
                if one.result is not None or not is_done(handoff, one.suggested.action, later[0])
            ],
            may_answer=may_answer,
        ),
        questions=questions_out(asked, handoff, row.session, actor),
        earlier=earlier,
        events=[EventOut.model_validate(event) for event in row.events],
        **texts_out(handoff, actor),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 2)


def _person(row: Row, user_id: uuid.UUID | None) -> PersonOut | None:
    return None if user_id is None else PersonOut(id=user_id, name=row.names.get(user_id))
