"""Planning what follows from an event: who is notified in the product, and which messages are sent."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, Boolean, DateTime, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.session import Db
from flowpilot.db.statements.built import Built
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind
from flowpilot.notifications.delivery.lanes import give_turn, lane_of
from flowpilot.notifications.event_context import EventContext, event_contexts
from flowpilot.notifications.models import (
    ChannelKind,
    Notification,
    NotificationChannel,
    NotificationDelivery,
)
from flowpilot.notifications.people import people, switched_off
from flowpilot.notifications.recipients import ACCOUNT_WIDE, recipients
from flowpilot.notifications.sessions import settle_of_others
from flowpilot.notifications.settled import keep_settled, settle_question

_TAIL = (1 << 62) - 1
_VARIANT = 0b10 << 62

# With these the session may be with somebody else.
_PASSES_ON = {
    HandoffEventKind.CLAIMED,
    HandoffEventKind.RELEASED,
    HandoffEventKind.EXPIRED,
    HandoffEventKind.REASSIGNED,
    HandoffEventKind.CLOSED,
}


# Built once, because every event asks for these, ...
_CHANNELS = Built(
    select(NotificationChannel)
    .where(
        NotificationChannel.account_id == bindparam("account"),
        NotificationChannel.is_active,
        NotificationChannel.deleted_at.is_(None),
        or_(
            NotificationChannel.user_id == any_(bindparam("users", type_=ARRAY(Uuid))),
            and_(NotificationChannel.user_id.is_(None), bindparam("account_wide", type_=Boolean)),
        ),
    )
    .order_by(NotificationChannel.id)
)
# ... and most of them notify somebody.
_NOTIFIED = Built(
    insert(Notification)
    .from_select(
        ["account_id", "id", "user_id", "event_id", "created_at"],
        select(
            bindparam("account", type_=Uuid),
            func.unnest(bindparam("ids", type_=ARRAY(Uuid))),
            func.unnest(bindparam("users", type_=ARRAY(Uuid))),
            bindparam("event", type_=Uuid),
            bindparam("at", type_=DateTime(timezone=True)),
        ),
    )
    .on_conflict_do_nothing()
)


class _NewDelivery(NamedTuple):
    """A message to send: to a channel, or to a member by e-mail."""

    kind: str
    user_id: uuid.UUID | None
    channel_id: uuid.UUID | None


def derived_id(event_id: uuid.UUID, *parts: object) -> uuid.UUID:
    """The id of something that follows from an event: always the same, and sorted by the event's time."""
    tail = uuid.uuid5(event_id, " ".join(map(str, parts))).int & _TAIL
    return uuid.UUID(int=(event_id.int >> 64 << 64) | _VARIANT | tail)


async def plan(db: Db, account_id: uuid.UUID, event_id: uuid.UUID, now: datetime, *, by_email: bool) -> bool:
    """Notify people of an event: in the product at once, and outside of it by deliveries.

    Doing so again does nothing, because everything that follows from an event has the same ids each time.

    Returns: whether there is such an event.
    """
    context = (await event_contexts(db, account_id, [event_id])).get(event_id)
    if context is None:
        return False
    event, members = context.event, await people(db, account_id)
    assignees = {user for user, member in members.items() if member.can_be_assigned}
    notified = sorted(recipients(event, context.handoff, members=members, assignees=assignees))
    off = await switched_off(db, account_id, notified)
    await _add_notifications(db, event, [user for user in notified if (user, ChannelKind.IN_APP) not in off], now)
    if event.kind == HandoffEventKind.CLOSED:
        await keep_settled(db, event, now)
    if event.kind in _PASSES_ON:
        await settle_of_others(db, context.session, event.created_at, now)
    if event.kind in {HandoffEventKind.ANSWERED, HandoffEventKind.WITHDRAWN}:
        await settle_question(db, event, now)
    channels = await _open_channels(db, account_id, notified, account_wide=event.kind in ACCOUNT_WIDE)
    new = [_NewDelivery(channel.kind, channel.user_id, channel.id) for channel in channels]
    if by_email:
        new += [
            _NewDelivery(ChannelKind.EMAIL, user, None) for user in notified if members[user].email is not None
        ]
    await _add_deliveries(db, context, [one for one in new if (one.user_id, one.kind) not in off], now)
    return True


async def _open_channels(
    db: Db, account_id: uuid.UUID, users: Collection[uuid.UUID], *, account_wide: bool
) -> Sequence[NotificationChannel]:
    return await _CHANNELS.all(db, account=account_id, users=list(users), account_wide=account_wide)


async def _add_notifications(db: Db, event: HandoffEvent, users: Sequence[uuid.UUID], now: datetime) -> None:
    if users:
        ids = [derived_id(event.id, ChannelKind.IN_APP, user) for user in users]
        about = {"account": event.account_id, "event": event.id, "at": now}
        await _NOTIFIED.send(db, {**about, "ids": ids, "users": list(users)})
        announce(db, event.account_id, "notifications")


async def _add_deliveries(db: Db, context: EventContext, new: Sequence[_NewDelivery], now: datetime) -> None:
    event = context.event
    rows = [
        {
            "account_id": event.account_id,
            "id": derived_id(event.id, one.kind, one.channel_id or one.user_id),
            "event_id": event.id,
            "lane": lane_of(one.channel_id),
            "priority": context.handoff.priority,
            "due_at": now,
            "created_at": now,
            **one._asdict(),
        }
        for one in new
    ]
    if not rows:
        return
    added = insert(NotificationDelivery).values(rows).on_conflict_do_nothing()
    ids = added.returning(NotificationDelivery.lane, NotificationDelivery.id)
    for lane, delivery_id in {row.lane: row.id for row in await db.execute(ids)}.items():
        await give_turn(db, event.account_id, lane, delivery_id)
