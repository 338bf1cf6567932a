"""Who corrects or strikes a text of a handoff: the person who wrote it. Offered and refused by one rule."""

from flowpilot.errors import FlowPilotError
from flowpilot.handoffs.corrections.texts import (
    NEVER_STRUCK,
    OF_HANDOFFS,
    OF_QUESTIONS,
    TextPart,
    Written,
    author_of,
    text_of,
)
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, missing_permission
from flowpilot.sessions.edits.policy import NothingToEditError
from flowpilot.text import REMOVED


class NotYourTextError(ForbiddenError):
    """Somebody else wrote the text."""


def correctable(written: Written, actor: Actor) -> list[TextPart]:
    """The texts that the actor may correct."""
    return [one for one in _parts(written) if refusal(written, one, actor) is None]


def strikable(written: Written, actor: Actor) -> list[TextPart]:
    """The texts that the actor may strike."""
    return [one for one in _parts(written) if refusal(written, one, actor, strikes=True) is None]


def check(written: Written, part: TextPart, actor: Actor, *, strikes: bool) -> None:
    """Make sure that the actor may correct, or strike, the text.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourTextError: somebody else wrote it.
        NothingToEditError: there is no such text, or it cannot be struck, or was removed for good.
    """
    refused = refusal(written, part, actor, strikes=strikes)
    if refused is not None:
        raise refused


def refusal(written: Written, part: TextPart, actor: Actor, *, strikes: bool = False) -> FlowPilotError | None:
    """Why the actor may not correct, or strike, the text; None if they may."""
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None:
        return lacking
    if author_of(written, part) not in {None, actor.user_id}:
        return NotYourTextError("Only the person who wrote this can correct it.")
    return _refusal_by_text(written, part, strikes=strikes)


def _refusal_by_text(written: Written, part: TextPart, *, strikes: bool) -> NothingToEditError | None:
    text = text_of(written, part) if author_of(written, part) is not None else None
    if text is None or (strikes and not text):
        return NothingToEditError("There is no such text that counts.")
    if text == REMOVED:
        return NothingToEditError("What this said was removed for good. Write a note instead.")
    if isinstance(written, HandoffQuestion) and written.withdrawn_at is not None:
        return NothingToEditError("The question was withdrawn, so its text no longer counts.")
    if strikes and part in NEVER_STRUCK:
        return NothingToEditError("This cannot be struck: the rest is about it. Correct it instead.")
    return None


def _parts(written: Written) -> tuple[TextPart, ...]:
    return OF_QUESTIONS if isinstance(written, HandoffQuestion) else OF_HANDOFFS
