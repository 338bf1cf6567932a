"""What follows in the handoffs from what happens in a session, as `flowpilot.handoffs` writes it."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.story import Story
from flowpilot.handoffs.events import TOLD
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, Outcome, SessionHandoff
from flowpilot.notifications.delivery.planning import derived_id
from flowpilot.notifications.models import ChannelKind, Notification
from flowpilot.notifications.recipients import recipients
from flowpilot.sessions.models import AISessionStep

# Older notifications are of no use to a page.
_NOTICE_AGE = timedelta(days=4)
_NOTICE_DELAY = timedelta(milliseconds=300)


def record_event(
    story: Story, handoff: SessionHandoff, kind: HandoffEventKind, by: uuid.UUID | None, **content: Any
) -> None:
    """Add an event of a handoff, and tell people of it. All events of the account are numbered in the end."""
    event = HandoffEvent(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        handoff_id=handoff.id,
        number=None,
        kind=kind,
        actor_id=by,
        content=content,
        created_at=story.moment,
    )
    story.events.append(event)
    if kind in TOLD and story.now - story.moment < _NOTICE_AGE:
        story.notices.extend(_notices(story, event, handoff))


def note_first_action(story: Story, step: AISessionStep) -> None:
    """The first step after a claim is its first action, whoever takes it."""
    for handoff in story.handoffs:
        claimed_at = handoff.claimed_at
        if claimed_at is None or claimed_at >= step.created_at or handoff.first_action_at is not None:
            continue
        handoff.first_action_at, handoff.first_action_by = step.created_at, step.actor_id
        handoff.lease_expires_at = None
        if handoff.closed_at is None:
            seconds = round((step.created_at - claimed_at).total_seconds(), 3)
            record_event(story, handoff, HandoffEventKind.FIRST_ACTION, step.actor_id, seconds=seconds)


def close_open(story: Story, by: uuid.UUID | None, outcome: Outcome, note: str = "") -> None:
    """Close what is open of the session's handoffs."""
    for handoff in story.handoffs:
        if handoff.closed_at is None:
            handoff.closed_at, handoff.closed_by, handoff.outcome = story.moment, by, outcome
            handoff.lease_expires_at = None
            content = {"outcome": str(outcome), "note": note}
            record_event(story, handoff, HandoffEventKind.CLOSED, by, **content)


def _notices(story: Story, event: HandoffEvent, handoff: SessionHandoff) -> Iterator[Notification]:
    for user_id in sorted(recipients(event, handoff, members=story.members, assignees=story.assignees)):
        yield Notification(
            account_id=story.account.id,
            id=derived_id(event.id, ChannelKind.IN_APP, user_id),
            user_id=user_id,
            event_id=event.id,
            created_at=min(event.created_at + _NOTICE_DELAY, story.now),
            read_at=None,
        )
