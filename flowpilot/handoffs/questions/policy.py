"""Who answers a question, and who withdraws it. Who may ask is an action of the handoff (`handoffs/policy`)."""

from collections.abc import Callable
from enum import StrEnum

from flowpilot.errors import FlowPilotError, OutdatedError
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.policy import HandoffClosedError, waits_for_fix
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, missing_permission
from flowpilot.sessions import policy as sessions
from flowpilot.sessions.models import AISession


class QuestionAction(StrEnum):
    """What the caller may do with a question now."""

    ANSWER = "answer"
    WITHDRAW = "withdraw"


class QuestionSettledError(OutdatedError):
    """The question is answered or withdrawn."""


class NotYourQuestionError(ForbiddenError):
    """Somebody else is asked, or has asked."""


def allowed(
    question: HandoffQuestion, handoff: SessionHandoff, session: AISession, actor: Actor
) -> list[QuestionAction]:
    """What the actor may do with the question as it is."""
    return [action for action in QuestionAction if refusal(question, handoff, session, actor, action) is None]


def refusal(
    question: HandoffQuestion,
    handoff: SessionHandoff,
    session: AISession,
    actor: Actor,
    action: QuestionAction,
) -> FlowPilotError | None:
    """Why the actor may not do this with the question now; None if they may."""
    return missing_permission(actor, Permission.WORK) or _RULES[action](question, handoff, session, actor)


def _refusal_to_answer(
    question: HandoffQuestion, handoff: SessionHandoff, session: AISession, actor: Actor
) -> FlowPilotError | None:
    if actor.user_id == question.asked_by:
        return NotYourQuestionError("You asked this yourself. Withdraw it if you know by now.")
    is_asked = actor.user_id == handoff.goes_back_to
    refused = None if is_asked else sessions.refusal_to_work(session, actor)
    return refused or _refusal_if_settled(question, handoff, session)


def _refusal_to_withdraw(
    question: HandoffQuestion, handoff: SessionHandoff, session: AISession, actor: Actor
) -> FlowPilotError | None:
    if actor.user_id != question.asked_by:
        return NotYourQuestionError("Only the person who asked can withdraw a question.")
    return _refusal_if_settled(question, handoff, session)


def _refusal_if_settled(
    question: HandoffQuestion, handoff: SessionHandoff, session: AISession
) -> OutdatedError | None:
    """While the fix that has set it aside waits, what was asked is still answered."""
    if handoff.closed_at is not None and not waits_for_fix(handoff, session):
        return HandoffClosedError("The handoff is closed. Write a note in the session instead.")
    if question.is_open:
        return None
    what = "answered" if question.answered_at is not None else "withdrawn"
    return QuestionSettledError(f"The question has been {what} already. What you sent was not recorded.")


_RULES: dict[
    QuestionAction, Callable[[HandoffQuestion, SessionHandoff, AISession, Actor], FlowPilotError | None]
] = {
    QuestionAction.ANSWER: _refusal_to_answer,
    QuestionAction.WITHDRAW: _refusal_to_withdraw,
}
