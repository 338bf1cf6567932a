"""What follows in the handoffs from what happens in a session, as `flowpilot.handoffs` writes it."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.story import Story
from flowpilot.handoffs import decisions
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.events import NOTIFIED_KINDS
from flowpilot.handoffs.models import HandoffEvent, Outcome, SessionHandoff
from flowpilot.notifications.delivery.planning import derived_id
from flowpilot.notifications.models import ChannelKind, Notification
from flowpilot.notifications.recipients import recipients
from flowpilot.sessions.models import AISessionStep

# Older notifications are of no use to a page.
_NOTICE_AGE = timedelta(days=4)
_NOTICE_DELAY = timedelta(milliseconds=300)


def record_event(story: Story, handoff: SessionHandoff, new: NewEvent, by: uuid.UUID | None) -> None:
    """Add an event of a handoff, and notify people of it. All events of the account are numbered in the end."""
    event = HandoffEvent(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        handoff_id=handoff.id,
        number=None,
        kind=new.kind,
        actor_id=by,
        content=new.content,
        created_at=story.moment,
    )
    story.events.append(event)
    if new.kind in NOTIFIED_KINDS and story.now - story.moment < _NOTICE_AGE:
        story.notices.extend(_notices(story, event, handoff))


def note_first_action(story: Story, step: AISessionStep) -> None:
    """The first step after a claim is its first action."""
    for handoff in story.handoffs:
        event = decisions.act(handoff, step)
        if event is not None:
            record_event(story, handoff, event, step.actor_id)


def close_open(story: Story, by: uuid.UUID | None, outcome: Outcome, note: str = "") -> None:
    """Close what is open of the session's handoffs."""
    for handoff in story.handoffs:
        if handoff.closed_at is None:
            event = decisions.close(handoff, by, outcome, story.moment, note)
            record_event(story, handoff, event, by)


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
