"""Who answers the next steps of a handoff's assessment: those who may take a step of its session, once held."""

from flowpilot.errors import FlowPilotError
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.policy import HandoffChangedError, HandoffClosedError
from flowpilot.identity.actor import Actor, Permission, missing_permission
from flowpilot.sessions import policy as sessions
from flowpilot.sessions.models import AISession
from flowpilot.sessions.transitions import Action


def may_act(handoff: SessionHandoff, session: AISession, actor: Actor) -> bool:
    """Whether the actor may answer the next steps of the handoff's assessment."""
    return _refusal(handoff, session, actor) is None


def check_may_act(handoff: SessionHandoff, session: AISession, actor: Actor) -> None:
    """Make sure that the actor may answer the next steps of the handoff's assessment: done, or dismissed.

    Raises:
        ForbiddenError, NotYourSessionError, HeldBySeniorError: it is not theirs.
        HandoffClosedError, HandoffChangedError: the handoff is closed, or nobody holds it.
        NotAllowedNowError: the session's status does not allow a step.
    """
    refused = _refusal(handoff, session, actor)
    if refused is not None:
        raise refused


def _refusal(handoff: SessionHandoff, session: AISession, actor: Actor) -> FlowPilotError | None:
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None:
        return lacking
    if handoff.closed_at is not None:
        return HandoffClosedError("The handoff is closed. Go on in its session.")
    if handoff.claimed_by is None:
        return HandoffChangedError("Nobody holds this handoff. Claim it first.")
    return sessions.refusal(session, actor, Action.STEP)
