"""Who is told of an event."""

import uuid
from collections.abc import Mapping
from typing import Any

from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff
from flowpilot.identity.actor import PERMISSIONS, Permission, Role

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


def recipients(event: HandoffEvent, handoff: SessionHandoff, roles: Mapping[uuid.UUID, Role]) -> set[uuid.UUID]:
    """The members who are told of an event: those whose matter it is, but for who did it, and for who has left.

    Args:
        roles: of the members that the account has now.
    """
    # Who held it until this event, and lost it by that.
    holder = _user(event.content.get("holder"))
    told: set[uuid.UUID | None]
    match event.kind:
        case HandoffEventKind.CREATED:
            told = _whom_it_waits_for(handoff.target_user_id, handoff, roles)
        case HandoffEventKind.REASSIGNED:
            told = _whom_it_waits_for(_user(event.content.get("target")), handoff, roles) | {holder}
        case HandoffEventKind.REMINDED:
            told = {handoff.claimed_by}
        case HandoffEventKind.RELEASED | HandoffEventKind.EXPIRED:
            told = {handoff.created_by, holder}
        case HandoffEventKind.CLOSED:
            told = {handoff.created_by, handoff.claimed_by}
        case HandoffEventKind.CLAIMED:
            told = {handoff.created_by}
        case _:
            told = set()
    return {user for user in roles if user in told and user != event.actor_id}


def _whom_it_waits_for(
    target: uuid.UUID | None, handoff: SessionHandoff, roles: Mapping[uuid.UUID, Role]
) -> set[uuid.UUID | None]:
    """The one who is asked for, or everybody who may claim it."""
    if target is not None:
        return {target}
    may_claim = (user for user, role in roles.items() if Permission.WORK in PERMISSIONS[role])
    return {user for user in may_claim if user != handoff.created_by}


def _user(text: Any) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
