"""Who is told of an event."""

import uuid
from collections.abc import Collection
from typing import Any

from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff

# What the channels of a whole account get; a reminder is between us and the holder.
ACCOUNT_WIDE = frozenset(
    {
        HandoffEventKind.CREATED,
        HandoffEventKind.CLAIMED,
        HandoffEventKind.RELEASED,
        HandoffEventKind.EXPIRED,
        HandoffEventKind.REASSIGNED,
        HandoffEventKind.CLOSED,
    }
)


def recipients(
    event: HandoffEvent,
    handoff: SessionHandoff,
    *,
    members: Collection[uuid.UUID],
    assignees: Collection[uuid.UUID],
) -> set[uuid.UUID]:
    """The members who are told of an event: those whose matter it is, but for who did it, and for who has left.

    Args:
        event: what happened.
        handoff: to which it happened.
        members: those that the account has now.
        assignees: those of them to whom a handoff can be assigned.
    """
    # Who held it until this event, and lost it by that.
    holder = _user(event.content.get("holder"))
    told: set[uuid.UUID | None]
    match event.kind:
        case HandoffEventKind.CREATED:
            told = _whom_it_waits_for(handoff.target_user_id, handoff, assignees)
        case HandoffEventKind.REASSIGNED:
            told = _whom_it_waits_for(_user(event.content.get("target")), handoff, assignees) | {holder}
        case HandoffEventKind.REMINDED:
            told = {handoff.claimed_by}
        case HandoffEventKind.RELEASED | HandoffEventKind.EXPIRED:
            told = {handoff.goes_back_to, holder}
        case HandoffEventKind.CLOSED:
            told = {handoff.goes_back_to, handoff.claimed_by}
        case HandoffEventKind.CLAIMED:
            told = {handoff.goes_back_to}
        case _:
            told = set()
    return {user for user in members if user in told and user != event.actor_id}


def _whom_it_waits_for(
    target: uuid.UUID | None, handoff: SessionHandoff, assignees: Collection[uuid.UUID]
) -> set[uuid.UUID | None]:
    """The one who is asked for, or everybody who can claim it."""
    if target is not None:
        return {target}
    return {user for user in assignees if user != handoff.created_by}


def _user(text: Any) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
