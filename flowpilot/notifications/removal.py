"""Messages about a session, its handoffs and its postings: what was sent with words that are removed is listed."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from flowpilot.db.session import Db
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.identity.queries import names_of
from flowpilot.notifications.event_context import event_contexts
from flowpilot.notifications.messages import Message, compose
from flowpilot.notifications.models import ChannelKind, DeliveryStatus, Notification, NotificationDelivery
from flowpilot.psa.postings.models import PsaPosting
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.removal.copies import Copy, Fate, Found
from flowpilot.sessions.removal.overwriting import Rows, overwrite
from flowpilot.sessions.removal.scope import Removal

_NAMES = {
    ChannelKind.EMAIL: "An e-mail",
    ChannelKind.SLACK: "A message in Slack",
    ChannelKind.TEAMS: "A message in Teams",
    ChannelKind.WEBHOOK: "A webhook",
}


async def list_sent(db: Db, removal: Removal) -> list[Copy]:
    """The messages about handoffs that were sent with the words. They are written when they are sent: no copy."""
    return await _copies(db, removal, await _sent(db, removal))


async def overwrite_messages(db: Db, removal: Removal) -> Found:
    """Notices, and what was sent of them."""
    postings = select(PsaPosting.id).where(
        PsaPosting.account_id == removal.account_id, PsaPosting.ai_session_id == removal.session_id
    )
    about = or_(Notification.route_id == removal.session_id, Notification.route_id.in_(postings))
    notices = await overwrite(db, removal, Notification, ["content"], about)
    notices |= await _that_wait(db, removal)
    errors = await overwrite(
        db, removal, NotificationDelivery, ["error"], NotificationDelivery.event_id.in_(_events(removal))
    )
    sent = await _deliveries(db, removal, NotificationDelivery.notification_id.in_(notices))
    copies = await _copies(db, removal, sent)
    copies += [Copy(f"Notifications ({len(notices)})")] if notices else []
    return (notices | errors).found(*copies)


async def _that_wait(db: Db, removal: Removal) -> Rows:
    """What asks to look again says what the fix waits for, however short that is."""
    if not any(step.kind == StepKind.FIX for step in removal.steps):
        return Rows()

    def clean(content: dict[str, Any]) -> dict[str, Any]:
        return content | {"reason": removal.words.clean_own(content["reason"])}

    about = Notification.route_id == removal.session_id
    return await overwrite(db, removal, Notification, ["content"], about, clean=clean)


def _events(removal: Removal) -> Select[uuid.UUID]:
    """The events of the session's handoffs."""
    handoffs = select(SessionHandoff.id).where(
        SessionHandoff.account_id == removal.account_id, SessionHandoff.session_id == removal.session_id
    )
    return select(HandoffEvent.id).where(
        HandoffEvent.account_id == removal.account_id, HandoffEvent.handoff_id.in_(handoffs)
    )


async def _sent(db: Db, removal: Removal) -> list[NotificationDelivery]:
    """The messages about handoffs that have the words."""
    sent = await _deliveries(db, removal, NotificationDelivery.event_id.in_(_events(removal)))
    about = {one.event_id for one in sent if one.event_id is not None}
    contexts = await event_contexts(db, removal.account_id, about) if about else {}
    said = {id_ for id_, context in contexts.items() if removal.words.are_in(texts_of(compose(context)))}
    return [one for one in sent if one.event_id in said]


def texts_of(message: Message) -> list[str]:
    """What a message says, as it is read."""
    return [message.subject, message.text, *(value for _, value in message.fields)]


async def _deliveries(db: Db, removal: Removal, theirs: ColumnElement[bool]) -> list[NotificationDelivery]:
    """What has gone out, or may have."""
    query = select(NotificationDelivery).where(
        NotificationDelivery.account_id == removal.account_id,
        theirs,
        NotificationDelivery.kind.in_(_NAMES),
        NotificationDelivery.status.in_([DeliveryStatus.SENT, DeliveryStatus.FAILED]),
        NotificationDelivery.last_attempt_at.is_not(None),
    )
    return list(await db.scalars(query.order_by(NotificationDelivery.id)))


async def _copies(db: Db, removal: Removal, sent: list[NotificationDelivery]) -> list[Copy]:
    names = await names_of(db, removal.account_id, {one.user_id for one in sent if one.user_id is not None})
    return [Copy(_named(one, names), Fate.WENT_OUT) for one in sent]


def _named(sent: NotificationDelivery, names: Mapping[uuid.UUID, str]) -> str:
    """`An e-mail to Ann, 2026-06-15 09:00 UTC`."""
    to = f" to {names[sent.user_id]}" if sent.user_id is not None and sent.user_id in names else ""
    at = sent.sent_at or sent.last_attempt_at
    return f"{_NAMES[ChannelKind(sent.kind)]}{to}, {at:%Y-%m-%d %H:%M} UTC"
