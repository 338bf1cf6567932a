"""Whether a message about a handoff still applies: checked when it is shown and counted, and before it is sent.

Anybody who reads "help needed" should be able to help. Once the handoff is claimed, closed or assigned to somebody
else, the message is settled: nobody needs to read it any more.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute

from flowpilot.db.session import Db
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, Outcome, SessionHandoff
from flowpilot.notifications.models import Notification

_IS_OPEN = SessionHandoff.closed_at.is_(None)
_WAITS = and_(_IS_OPEN, SessionHandoff.claimed_by.is_(None))
_CONVERSATION = (HandoffEventKind.ASKED, HandoffEventKind.ANSWERED)


def is_settled(recipient: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The condition on an event joined to its handoff. `recipient` is a user, or null for the whole account."""
    kind, content = HandoffEvent.kind, HandoffEvent.content
    is_for_them = or_(recipient.is_(None), func.coalesce(SessionHandoff.target_user_id, recipient) == recipient)
    is_their_claim = and_(
        SessionHandoff.claimed_by == recipient, SessionHandoff.claimed_at <= HandoffEvent.created_at
    )
    holds = case(
        (kind == HandoffEventKind.CLOSED, true()),
        # Until its fix is looked at, what was asked is still answered. One set aside for good: `keep_settled`.
        (and_(kind.in_(_CONVERSATION), SessionHandoff.outcome == Outcome.PARKED), true()),
        (~_IS_OPEN, false()),
        (kind == HandoffEventKind.CLAIMED, SessionHandoff.claimed_by == HandoffEvent.actor_id),
        (kind == HandoffEventKind.REMINDED, and_(is_their_claim, SessionHandoff.lease_expires_at.is_not(None))),
        (kind == HandoffEventKind.RESUMED, SessionHandoff.claimed_by.is_not(None)),
        # Whoever claims it later reads the opinion in the handoff.
        (kind == HandoffEventKind.OPINION, SessionHandoff.claimed_by == recipient),
        # Once a question is answered or withdrawn, `settle_question` has the last word.
        (kind.in_(_CONVERSATION), true()),
        # The former holder is always notified that the handoff was taken away.
        (and_(kind == HandoffEventKind.REASSIGNED, content["holder"].astext == cast(recipient, Text)), true()),
        (kind.in_([HandoffEventKind.CREATED, HandoffEventKind.REASSIGNED]), and_(_WAITS, is_for_them)),
        else_=_WAITS,
    )
    return ~func.coalesce(holds, false())


async def settle_question(db: Db, over: HandoffEvent, now: datetime) -> None:
    """Settle the notifications of a question that is answered or withdrawn."""
    asked = select(HandoffEvent.id).where(
        HandoffEvent.account_id == over.account_id,
        HandoffEvent.handoff_id == over.handoff_id,
        HandoffEvent.kind == HandoffEventKind.ASKED,
        HandoffEvent.content["question"].astext == over.content["question"],
    )
    await _settle(db, over.account_id, asked, now)


async def keep_settled(db: Db, closed: HandoffEvent, now: datetime) -> None:
    """Mark the earlier notifications of a closed handoff as settled for good.

    They are settled anyway, but counting unread notifications would have to examine them each time. If a fix has
    set it aside, what was asked and answered is not over.
    """
    kinds = {HandoffEventKind.CLOSED, *(_CONVERSATION if closed.content.get("has_a_fix") else ())}
    earlier = select(HandoffEvent.id).where(
        HandoffEvent.account_id == closed.account_id,
        HandoffEvent.handoff_id == closed.handoff_id,
        HandoffEvent.kind.not_in(kinds),
    )
    await _settle(db, closed.account_id, earlier, now)


async def _settle(db: Db, account_id: uuid.UUID, events: Select[uuid.UUID], now: datetime) -> None:
    await db.execute(
        update(Notification)
        .where(
            Notification.account_id == account_id,
            Notification.event_id.in_(events),
            Notification.read_at.is_(None),
            Notification.settled_at.is_(None),
        )
        .values(settled_at=now)
    )
