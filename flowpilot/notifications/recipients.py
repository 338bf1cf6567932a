"""Who is notified of an event."""

import uuid
from collections.abc import Collection
from typing import Any

from flowpilot.handoffs.events import NOTIFIED_KINDS
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff

# The events that are sent to the channels of the whole account. A reminder is not, nor is what two people say.
_CONVERSATION = {
    HandoffEventKind.ASKED,
    HandoffEventKind.ANSWERED,
    HandoffEventKind.WITHDRAWN,
    HandoffEventKind.OPINION,
}
ACCOUNT_WIDE = NOTIFIED_KINDS - {HandoffEventKind.REMINDED} - _CONVERSATION


def recipients(
    event: HandoffEvent,
    handoff: SessionHandoff,
    *,
    members: Collection[uuid.UUID],
    assignees: Collection[uuid.UUID],
) -> set[uuid.UUID]:
    """The members to notify of an event: those it concerns, except the one who caused it and former members.

    Args:
        event: what happened.
        handoff: the handoff it happened to.
        members: everybody who is a member of the account now.
        assignees: the members to whom a handoff can be assigned.
    """
    # The member who held it until this event.
    holder = _user(event.content.get("holder"))
    concerned: set[uuid.UUID | None]
    match event.kind:
        case HandoffEventKind.CREATED:
            concerned = _assignee_or_everybody(handoff.target_user_id, handoff, assignees)
        case HandoffEventKind.REASSIGNED:
            concerned = _assignee_or_everybody(_user(event.content.get("target")), handoff, assignees) | {holder}
        case HandoffEventKind.REMINDED | HandoffEventKind.OPINION:
            concerned = {handoff.claimed_by}
        case HandoffEventKind.RELEASED | HandoffEventKind.EXPIRED:
            concerned = {handoff.goes_back_to, holder}
        case HandoffEventKind.CLOSED | HandoffEventKind.RESUMED:
            concerned = {handoff.goes_back_to, handoff.claimed_by}
        case HandoffEventKind.CLAIMED | HandoffEventKind.ASKED:
            concerned = {handoff.goes_back_to}
        case HandoffEventKind.ANSWERED:
            concerned = {_user(event.content.get("asked_by"))}
        case _:
            concerned = set()
    return {user for user in members if user in concerned and user != event.actor_id}


def _assignee_or_everybody(
    target: uuid.UUID | None, handoff: SessionHandoff, assignees: Collection[uuid.UUID]
) -> set[uuid.UUID | None]:
    """The assignee; if there is none, everybody who can claim it."""
    if target is not None:
        return {target}
    return {user for user in assignees if user != handoff.created_by}


def _user(text: Any) -> uuid.UUID | None:
    return None if text is None else uuid.UUID(text)
