"""Who says after the escalation what they think it is: the engineer who escalated. One rule offers and refuses."""

from flowpilot.errors import FlowPilotError, OutdatedError
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.policy import HandoffClosedError, NotYourHandoffError
from flowpilot.identity.actor import Actor, Permission, missing_permission


class OpinionSaidError(OutdatedError):
    """The handoff says already what its engineer thinks it is."""


def may_say_opinion(handoff: SessionHandoff, actor: Actor) -> bool:
    """Whether the actor may say in the handoff what they think it is."""
    return _refusal(handoff, actor) is None


def check_may_say_opinion(handoff: SessionHandoff, actor: Actor) -> None:
    """Make sure that the actor may say in the handoff what they think it is.

    Raises:
        ForbiddenError, NotYourHandoffError: somebody else escalated it.
        HandoffClosedError: it is closed.
        OpinionSaidError: it says so already.
    """
    refused = _refusal(handoff, actor)
    if refused is not None:
        raise refused


def _refusal(handoff: SessionHandoff, actor: Actor) -> FlowPilotError | None:
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None:
        return lacking
    if handoff.created_by != actor.user_id:
        return NotYourHandoffError("Only the person who escalated it can say what they think it is.")
    if handoff.closed_at is not None:
        return HandoffClosedError("The handoff is closed. Write a note in its session.")
    if handoff.note:
        return OpinionSaidError("It says already what you think it is. Write a note in its session.")
    return None
