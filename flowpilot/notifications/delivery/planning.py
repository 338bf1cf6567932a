"""Deliveries: which there are to be for an event, for a test, and once more."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import false, or_, select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.session import Db
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
from flowpilot.notifications.settled import keep_settled

_TAIL = (1 << 62) - 1
_VARIANT = 0b10 << 62


class _Wanted(NamedTuple):
    """A message to be sent: to a channel, or to a member by e-mail."""

    kind: str
    user_id: uuid.UUID | None
    channel_id: uuid.UUID | None


def derived_id(event_id: uuid.UUID, *parts: object) -> uuid.UUID:
    """The id of what follows from an event: always the same one, which sorts by the event's time."""
    tail = uuid.uuid5(event_id, " ".join(map(str, parts))).int & _TAIL
    return uuid.UUID(int=(event_id.int >> 64 << 64) | _VARIANT | tail)


async def plan(db: Db, account_id: uuid.UUID, event_id: uuid.UUID, now: datetime, *, by_email: bool) -> None:
    """Tell people of an event: in the product at once, and by a job a message outside of it.

    Doing it again does nothing: what follows from an event has the same ids each time.
    """
    about = (await event_contexts(db, account_id, [event_id]))[event_id]
    event, members = about.event, await people(db, account_id)
    assignees = {user for user, member in members.items() if member.can_be_assigned}
    told = sorted(recipients(event, about.handoff, members=members, assignees=assignees))
    off = await switched_off(db, account_id, told)
    await _note(db, event, [user for user in told if (user, ChannelKind.IN_APP) not in off], now)
    if event.kind == HandoffEventKind.CLOSED:
        await keep_settled(db, event, now)
    channels = await _open_channels(db, account_id, told, account_wide=event.kind in ACCOUNT_WIDE)
    wanted = [_Wanted(channel.kind, channel.user_id, channel.id) for channel in channels]
    if by_email:
        wanted += [_Wanted(ChannelKind.EMAIL, user, None) for user in told if members[user].email is not None]
    await _send_once(db, about, [one for one in wanted if (one.user_id, one.kind) not in off], now)


async def _open_channels(
    db: Db, account_id: uuid.UUID, users: Collection[uuid.UUID], *, account_wide: bool
) -> Sequence[NotificationChannel]:
    account_wide_too = NotificationChannel.user_id.is_(None) if account_wide else false()
    query = select(NotificationChannel).where(
        NotificationChannel.account_id == account_id,
        NotificationChannel.is_active,
        NotificationChannel.deleted_at.is_(None),
        or_(NotificationChannel.user_id.in_(users), account_wide_too),
    )
    return (await db.scalars(query.order_by(NotificationChannel.id))).all()


async def _note(db: Db, event: HandoffEvent, users: Sequence[uuid.UUID], now: datetime) -> None:
    rows = [
        {
            "account_id": event.account_id,
            "id": derived_id(event.id, ChannelKind.IN_APP, user),
            "user_id": user,
            "event_id": event.id,
            "created_at": now,
        }
        for user in users
    ]
    if rows:
        await db.execute(insert(Notification).values(rows).on_conflict_do_nothing())
        await announce(db, event.account_id, "notifications")


async def _send_once(db: Db, about: EventContext, wanted: Sequence[_Wanted], now: datetime) -> None:
    event = about.event
    rows = [
        {
            "account_id": event.account_id,
            "id": derived_id(event.id, one.kind, one.channel_id or one.user_id),
            "event_id": event.id,
            "lane": lane_of(one.channel_id),
            "priority": about.handoff.priority,
            "due_at": now,
            "created_at": now,
            **one._asdict(),
        }
        for one in wanted
    ]
    if not rows:
        return
    made = insert(NotificationDelivery).values(rows).on_conflict_do_nothing()
    ids = made.returning(NotificationDelivery.lane, NotificationDelivery.id)
    for lane, delivery_id in {row.lane: row.id for row in await db.execute(ids)}.items():
        await give_turn(db, event.account_id, lane, delivery_id)
