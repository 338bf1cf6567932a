"""Deliveries: which there are to be for an event, and what became of each."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import false, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.handoffs.models import HandoffEvent
from flowpilot.handoffs.notify.models import (
    ChannelKind,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationPreference,
)
from flowpilot.handoffs.notify.queries import occasions, visible
from flowpilot.handoffs.notify.recipients import ACCOUNT_WIDE, recipients
from flowpilot.identity.actor import Actor, Role
from flowpilot.identity.assignees import can_be_assigned
from flowpilot.identity.models import Membership, User
from flowpilot.jobs import enqueue

DELIVER_JOB = "handoffs.deliver"

_TAIL = (1 << 62) - 1
_VARIANT = 0b10 << 62


class _Wanted(NamedTuple):
    """A message to be sent: to a channel, or to a member by e-mail."""

    kind: str
    user_id: uuid.UUID | None
    channel_id: uuid.UUID | None


class _Member(NamedTuple):
    """What telling a member depends on."""

    email: str | None
    can_be_assigned: bool


class DeliveryNotFoundError(NotFoundError):
    """There is no such delivery."""

    def __init__(self) -> None:
        super().__init__("There is no such delivery in this account.")


class NotFailedError(ConflictError):
    """Only what has failed can be tried again."""


def derived_id(event_id: uuid.UUID, *parts: object) -> uuid.UUID:
    """The id of what follows from an event: always the same one, which sorts by the event's time."""
    tail = uuid.uuid5(event_id, " ".join(map(str, parts))).int & _TAIL
    return uuid.UUID(int=(event_id.int >> 64 << 64) | _VARIANT | tail)


async def plan(db: Db, account_id: uuid.UUID, event_id: uuid.UUID, now: datetime, *, by_email: bool) -> None:
    """Tell people of an event: in the product at once, and by a job a message outside of it.

    Doing it again does nothing: what follows from an event has the same ids each time.
    """
    about = (await occasions(db, account_id, [event_id]))[event_id]
    event, members = about.event, await _members(db, account_id)
    assignees = {user for user, member in members.items() if member.can_be_assigned}
    told = sorted(recipients(event, about.handoff, members=members, assignees=assignees))
    off = await _switched_off(db, account_id, told)
    await _note(db, event, [user for user in told if (user, ChannelKind.IN_APP) not in off], now)
    channels = await _open_channels(db, account_id, told, account_wide=event.kind in ACCOUNT_WIDE)
    wanted = [_Wanted(channel.kind, channel.user_id, channel.id) for channel in channels]
    if by_email:
        wanted += [_Wanted(ChannelKind.EMAIL, user, None) for user in told if members[user].email is not None]
    await _send_once(db, event, [one for one in wanted if (one.user_id, one.kind) not in off], now)


async def send_test(db: Db, channel: NotificationChannel, now: datetime) -> uuid.UUID:
    """Have a test message sent by a channel, and return the id of its delivery."""
    delivery_id = new_id()
    row = {"kind": channel.kind, "user_id": channel.user_id, "channel_id": channel.id, "created_at": now}
    await db.execute(insert(NotificationDelivery).values(account_id=channel.account_id, id=delivery_id, **row))
    await enqueue(db, DELIVER_JOB, account_id=channel.account_id, delivery_id=delivery_id)
    return delivery_id


async def try_again(db: Db, actor: Actor, delivery_id: uuid.UUID) -> None:
    """Have a failed delivery tried again from the start.

    Raises:
        DeliveryNotFoundError: the actor has none of that id.
        NotFailedError: it has arrived, or is still being tried.
    """
    mine = (visible(actor), NotificationDelivery.id == delivery_id)
    failed = NotificationDelivery.status == DeliveryStatus.FAILED
    again = update(NotificationDelivery).where(*mine, failed).values(status=DeliveryStatus.PENDING, error=None)
    if await db.scalar(again.returning(NotificationDelivery.id)) is None:
        status = await db.scalar(select(NotificationDelivery.status).where(*mine))
        if status is None:
            raise DeliveryNotFoundError
        raise NotFailedError(f"This delivery is {status}. Only one that has failed can be tried again.")
    await enqueue(db, DELIVER_JOB, account_id=actor.account_id, delivery_id=delivery_id)


async def record_attempt(
    db: Db,
    account_id: uuid.UUID,
    delivery_id: uuid.UUID,
    status: DeliveryStatus,
    *,
    answered: int | None,
    error: str | None,
    at: datetime,
) -> None:
    """Keep what became of one attempt."""
    attempt: dict[str, Any] = {
        "status": status,
        "attempts": NotificationDelivery.attempts + 1,
        "response_status": answered,
        "error": error,
        "last_attempt_at": at,
        "sent_at": at if status is DeliveryStatus.SENT else None,
    }
    await db.execute(
        update(NotificationDelivery)
        .where(
            NotificationDelivery.account_id == account_id,
            NotificationDelivery.id == delivery_id,
            NotificationDelivery.status == DeliveryStatus.PENDING,
        )
        .values(attempt)
    )


async def _members(db: Db, account_id: uuid.UUID) -> dict[uuid.UUID, _Member]:
    """Every member, by their id."""
    query = (
        select(
            Membership.user_id, Membership.role, User.email, User.password_hash.is_not(None).label("can_sign_in")
        )
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id)
    )
    return {
        row.user_id: _Member(row.email, can_be_assigned(Role(row.role), can_sign_in=row.can_sign_in))
        for row in await db.execute(query)
    }


async def _switched_off(
    db: Db, account_id: uuid.UUID, users: Collection[uuid.UUID]
) -> set[tuple[uuid.UUID | None, str]]:
    query = select(NotificationPreference.user_id, NotificationPreference.kind).where(
        NotificationPreference.account_id == account_id,
        NotificationPreference.user_id.in_(users),
        NotificationPreference.is_enabled.is_(False),
    )
    return {(row.user_id, row.kind) for row in await db.execute(query)}


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


async def _send_once(db: Db, event: HandoffEvent, wanted: Sequence[_Wanted], now: datetime) -> None:
    rows = [
        {
            "account_id": event.account_id,
            "id": derived_id(event.id, one.kind, one.channel_id or one.user_id),
            "event_id": event.id,
            "created_at": now,
            **one._asdict(),
        }
        for one in wanted
    ]
    if not rows:
        return
    made = insert(NotificationDelivery).values(rows).on_conflict_do_nothing().returning(NotificationDelivery.id)
    for delivery_id in await db.scalars(made):
        await enqueue(db, DELIVER_JOB, account_id=event.account_id, delivery_id=delivery_id)
