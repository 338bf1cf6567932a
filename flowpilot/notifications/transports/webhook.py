"""An event as a webhook sends it. The fields are a contract with the receivers: add some, but never change any."""

import uuid
from datetime import datetime

from pydantic import BaseModel

from flowpilot.handoffs.models import Priority
from flowpilot.notifications.event_context import EventContext


class PersonOut(BaseModel):
    """A member of the account, present or former."""

    id: uuid.UUID
    name: str


class HandoffOut(BaseModel):
    """A handoff as it is when the message is sent. `url` is null unless FLOWPILOT_PUBLIC_URL is set."""

    id: uuid.UUID
    reason: str
    note: str
    priority: str
    created_at: datetime
    created_by: PersonOut | None
    target: PersonOut | None
    claimed_by: PersonOut | None
    claimed_at: datetime | None
    first_action_at: datetime | None
    claimant_action_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    url: str | None


class SessionOut(BaseModel):
    """The session that is handed over."""

    id: uuid.UUID
    status: str
    problem_summary: str
    problem_domain: str | None
    psa_ticket_id: str | None
    client_name: str | None


class WebhookBody(BaseModel):
    """What is posted. `id` stays the same when it is posted again. A test has neither handoff nor session.

    `type` is `handoff.` followed by the kind of event, or `channel.test`; `timestamp` is when it happened.
    """

    id: uuid.UUID
    type: str
    timestamp: datetime
    account_id: uuid.UUID
    actor: PersonOut | None = None
    text: str
    handoff: HandoffOut | None = None
    session: SessionOut | None = None


def person(context: EventContext, user_id: uuid.UUID | None) -> PersonOut | None:
    """A person of the event, or None."""
    return None if user_id is None else PersonOut(id=user_id, name=context.name(user_id))


def webhook(context: EventContext, message_id: uuid.UUID, text: str, link: str | None) -> WebhookBody:
    """The body for an event."""
    event, handoff, session = context.event, context.handoff, context.session
    return WebhookBody(
        id=message_id,
        type=f"handoff.{event.kind}",
        timestamp=event.created_at,
        account_id=event.account_id,
        actor=person(context, event.actor_id),
        text=text,
        handoff=HandoffOut(
            id=handoff.id,
            reason=handoff.reason,
            note=handoff.note,
            priority=Priority(handoff.priority).name.lower(),
            created_at=handoff.created_at,
            created_by=person(context, handoff.created_by),
            target=person(context, handoff.target_user_id),
            claimed_by=person(context, handoff.claimed_by),
            claimed_at=handoff.claimed_at,
            first_action_at=handoff.first_action_at,
            claimant_action_at=handoff.claimant_action_at,
            closed_at=handoff.closed_at,
            outcome=handoff.outcome,
            url=link,
        ),
        session=SessionOut(
            id=session.id,
            status=session.status,
            problem_summary=session.problem_summary,
            problem_domain=session.problem_domain,
            psa_ticket_id=session.psa_ticket_id,
            client_name=session.client_name,
        ),
    )
