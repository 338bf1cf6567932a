"""What somebody may do to a handoff. What is offered and what is refused come from the same rule, `refusal`."""

import uuid
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BindParameter, ColumnElement, and_, false, func

from flowpilot.errors import ConflictError, FlowPilotError, OutdatedError
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, Role, missing_permission
from flowpilot.sessions import policy as sessions
from flowpilot.sessions import transitions
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action


class HandoffAction(StrEnum):
    """What the caller may do with a handoff now."""

    CLAIM = "claim"
    RELEASE = "release"
    REASSIGN = "reassign"
    CLOSE = "close"
    GIVE_BACK = "give_back"
    ASK = "ask"


class HandoffClosedError(OutdatedError):
    """The handoff is closed."""


class HandoffChangedError(OutdatedError):
    """Another person holds the handoff than this needs, or nobody; `holder` says who."""


class AlreadyClaimedError(OutdatedError):
    """Somebody else was faster; `holder` says who, `claimed_at` when."""


class OwnHandoffError(ConflictError):
    """A handoff cannot go to the person who escalated it."""


class NobodyToAskError(ConflictError):
    """There is nobody else to ask about the handoff."""


class NotYourHandoffError(ForbiddenError):
    """The handoff is somebody else's."""


def allowed(handoff: SessionHandoff, session: AISession, actor: Actor) -> list[HandoffAction]:
    """What the actor may do to the handoff as it is."""
    return [
        action
        for action in HandoffAction
        if (
            given_back_as(handoff, session, actor)
            if action == HandoffAction.GIVE_BACK
            else refusal(handoff, session, actor, action) is None
        )
    ]


def given_back_as(handoff: SessionHandoff, session: AISession, actor: Actor) -> list[Outcome]:
    """The outcomes with which the actor may give the handoff back to its engineer, or take it back."""
    return [
        outcome
        for outcome in (Outcome.RETURNED, Outcome.SENT_BACK)
        if refusal(handoff, session, actor, HandoffAction.GIVE_BACK, outcome) is None
    ]


def check(
    handoff: SessionHandoff,
    session: AISession,
    actor: Actor,
    action: HandoffAction,
    outcome: Outcome = Outcome.RESOLVED,
) -> None:
    """Make sure that the actor may do this to the handoff as it is; `outcome` is how it would be closed.

    Raises:
        ForbiddenError: the actor's role does not include it.
        HandoffClosedError: the handoff is closed.
        AlreadyClaimedError: it cannot be claimed, because somebody holds it.
        OwnHandoffError: it cannot be claimed or sent back, because the actor escalated it.
        HandoffChangedError: it cannot be released, because nobody holds it.
        NotYourHandoffError: it is somebody else's.
        NotAllowedNowError: the session's status does not allow it.
    """
    refused = refusal(handoff, session, actor, action, outcome)
    if refused is not None:
        raise refused


def check_target(target: uuid.UUID | None, escalated_by: uuid.UUID | None) -> None:
    """Make sure that a handoff may be assigned to somebody.

    Raises:
        OwnHandoffError: they escalated it.
    """
    if target is not None and not may_be_target(target, escalated_by):
        raise OwnHandoffError("A handoff cannot be assigned to the person who escalated it.")


def check_may_judge(handoff: SessionHandoff, actor: Actor) -> None:
    """Make sure that the actor may say what could have spared the escalation.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourHandoffError: the actor did not work on it.
    """
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None:
        raise lacking
    if not may_judge(handoff, actor):
        raise NotYourHandoffError(
            "Only the senior who worked on it or a team admin can say what would have spared it."
        )


def may_judge(handoff: SessionHandoff, actor: Actor) -> bool:
    """Whether the actor may say what could have spared the escalation: it takes having worked on it."""
    if handoff.claimed_by is None or not actor.may(Permission.WORK):
        return False
    return actor.user_id == handoff.claimed_by or actor.role.rank >= Role.TEAM_ADMIN.rank


def may_be_target(user_id: uuid.UUID, escalated_by: uuid.UUID | None) -> bool:
    """Whether a handoff may go to somebody: to everybody but the person who escalated it."""
    return user_id != escalated_by


def waits_for_fix(handoff: SessionHandoff, session: AISession) -> bool:
    """Whether the fix that waits has set it aside: if that did not help, its holder holds it again."""
    is_aside = handoff.outcome == Outcome.PARKED and handoff.closed_at == session.fix_applied_at
    return is_aside and sessions.waits(session)


# The same of a handoff that is read with its session.
WAITS_FOR_FIX = func.coalesce(
    and_(
        SessionHandoff.outcome == Outcome.PARKED,
        SessionHandoff.closed_at == AISession.fix_applied_at,
        AISession.look_again_at.is_not(None),
    ),
    false(),
)


def was_set_aside(session: AISession, applied_at: datetime | None = None) -> tuple[ColumnElement[bool], ...]:
    """What makes a handoff of a session one that its fix, applied then, has set aside."""
    return (
        SessionHandoff.outcome == Outcome.PARKED,
        SessionHandoff.closed_at == (applied_at or session.fix_applied_at),
    )


def is_set_aside(session: AISession, applied_at: datetime | None = None) -> tuple[ColumnElement[bool], ...]:
    """What makes a handoff of a session the one that its fix, applied then, took out of its owner's hands."""
    return (*was_set_aside(session, applied_at), SessionHandoff.claimed_by == session.owner_id)


def is_free_for(user_id: BindParameter[uuid.UUID]) -> tuple[ColumnElement[bool], ...]:
    """What makes a handoff one that somebody may claim, for the one statement that a claim is."""
    return (
        SessionHandoff.claimed_by.is_(None),
        SessionHandoff.closed_at.is_(None),
        SessionHandoff.created_by.is_distinct_from(user_id),
    )


def refusal(
    handoff: SessionHandoff,
    session: AISession,
    actor: Actor,
    action: HandoffAction,
    outcome: Outcome = Outcome.RESOLVED,
) -> FlowPilotError | None:
    """Why the actor may not do this to the handoff now, closing it with that outcome; None if they may."""
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None:
        return lacking
    is_aside = action == HandoffAction.ASK and waits_for_fix(handoff, session)
    if handoff.closed_at is not None and not is_aside:
        return HandoffClosedError("The handoff is closed. Escalate the session again if it needs a senior.")
    rule = _refusal_to_send_back if outcome == Outcome.SENT_BACK else _RULES[action]
    return rule(handoff, actor) or _refusal_by_status(handoff, session, action, outcome)


def _refusal_to_claim(handoff: SessionHandoff, actor: Actor) -> OutdatedError | OwnHandoffError | None:
    if handoff.claimed_by is not None:
        return AlreadyClaimedError("Somebody else was faster and holds this handoff.")
    if not may_be_target(actor.user_id, handoff.created_by):
        return OwnHandoffError("You escalated this yourself. Somebody else has to claim it; you can take it back.")
    return None


def _refusal_to_release(handoff: SessionHandoff, actor: Actor) -> OutdatedError | NotYourHandoffError | None:
    if handoff.claimed_by is None:
        return HandoffChangedError("Nobody holds this handoff. Claim it first.")
    return _refusal_unless(actor, {handoff.claimed_by}, "Only its holder or a team admin can release a handoff.")


def _refusal_to_reassign(handoff: SessionHandoff, actor: Actor) -> NotYourHandoffError | None:
    people = {handoff.claimed_by, handoff.goes_back_to}
    return _refusal_unless(actor, people, "Only its holder, its creator or a team admin can reassign it.")


def _refusal_to_close(handoff: SessionHandoff, actor: Actor) -> NotYourHandoffError | None:
    return _refusal_unless(
        actor,
        {handoff.claimed_by or handoff.goes_back_to},
        "Only its holder or a team admin can close a handoff; its creator while nobody holds it.",
    )


def _refusal_to_send_back(handoff: SessionHandoff, actor: Actor) -> FlowPilotError | None:
    if actor.user_id in {handoff.created_by, handoff.goes_back_to}:
        if handoff.claimed_by is None:
            return OwnHandoffError("You escalated this yourself. Take it back instead.")
        return OwnHandoffError("You escalated this yourself, and somebody holds it. Ask them to give it back.")
    if handoff.claimed_by is None:
        return None
    return _refusal_unless(actor, {handoff.claimed_by}, "Only its holder or a team admin can send it back.")


def _refusal_to_ask(handoff: SessionHandoff, actor: Actor) -> FlowPilotError | None:
    """While nobody holds it, who may claim it asks; then its holder and team admins, while a fix waits, too."""
    if handoff.goes_back_to in {None, actor.user_id}:
        return NobodyToAskError("There is nobody else to ask: you would ask yourself, or it is not known whom.")
    if handoff.claimed_by is None:
        return None
    return _refusal_unless(actor, {handoff.claimed_by}, "Only its holder or a team admin can ask about it now.")


# What becomes of the session when its handoff is closed.
CLOSING = {
    Outcome.RESOLVED: Action.RESOLVE,
    Outcome.ABANDONED: Action.ABANDON,
    Outcome.PARKED: Action.PARK,
    Outcome.RETURNED: Action.RETURN,
    Outcome.SENT_BACK: Action.RETURN,
}


def closing_action(outcome: Outcome) -> HandoffAction:
    """What somebody does who closes a handoff so."""
    return HandoffAction.GIVE_BACK if CLOSING[outcome] == Action.RETURN else HandoffAction.CLOSE


_RULES: dict[HandoffAction, Callable[[SessionHandoff, Actor], FlowPilotError | None]] = {
    HandoffAction.CLAIM: _refusal_to_claim,
    HandoffAction.RELEASE: _refusal_to_release,
    HandoffAction.REASSIGN: _refusal_to_reassign,
    HandoffAction.CLOSE: _refusal_to_close,
    HandoffAction.GIVE_BACK: _refusal_to_close,
    HandoffAction.ASK: _refusal_to_ask,
}


def _refusal_unless(actor: Actor, people: set[uuid.UUID | None], sentence: str) -> NotYourHandoffError | None:
    is_theirs = actor.user_id in people or actor.role.rank >= Role.TEAM_ADMIN.rank
    return None if is_theirs else NotYourHandoffError(sentence)


def _refusal_by_status(
    handoff: SessionHandoff, session: AISession, action: HandoffAction, outcome: Outcome
) -> transitions.NotAllowedNowError | None:
    """The session has to allow its own change. Wherever a handoff can be closed, it can be closed as resolved."""
    status = SessionStatus(session.status)
    if action == HandoffAction.CLAIM:
        return transitions.refusal(status, Action.CLAIM)
    if action in {HandoffAction.CLOSE, HandoffAction.GIVE_BACK}:
        return transitions.refusal(status, CLOSING[outcome])
    if action == HandoffAction.ASK:
        return None
    return None if handoff.claimed_by is None else transitions.refusal(status, Action.RELEASE)
