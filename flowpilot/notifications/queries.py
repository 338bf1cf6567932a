"""What the notification routes and jobs read."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, defer

from flowpilot.db.base import Tenant
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.queries import names_of
from flowpilot.notifications.messages import EventContext
from flowpilot.notifications.models import (
    ChannelKind,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationPreference,
)
from flowpilot.notifications.settled import is_settled
from flowpilot.sessions.models import AISession

T = TypeVarTuple("T")

_SETTLED = or_(Notification.settled_at.is_not(None), is_settled(Notification.user_id))
UNREAD = (Notification.read_at.is_(None), Notification.settled_at.is_(None), ~_SETTLED)


class ShownNotification(NamedTuple):
    """A notification, the event that it is of unless it is of trouble, and whether it no longer holds."""

    notification: Notification
    occasion: EventContext | None
    is_settled: bool


async def occasions(
    db: ReadDb, account_id: uuid.UUID, event_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, EventContext]:
    """Events, each with what belongs to it, by their ids."""
    query = (
        select(HandoffEvent, SessionHandoff, AISession)
        .join(SessionHandoff, belongs(SessionHandoff, HandoffEvent, HandoffEvent.handoff_id))
        .join(AISession, belongs(AISession, SessionHandoff, SessionHandoff.session_id))
        .where(HandoffEvent.account_id == account_id, HandoffEvent.id.in_(event_ids))
        .options(defer(SessionHandoff.snapshot), defer(SessionHandoff.assessment))
    )
    rows = (await db.execute(query)).all()
    names = await names_of(
        db, account_id, {user for event, handoff, _ in rows for user in _people(event, handoff)}
    )
    return {event.id: EventContext(event, handoff, session, names) for event, handoff, session in rows}


async def notifications(
    db: ReadDb, actor: Actor, limit: int, before: uuid.UUID | None, *, unread: bool
) -> list[ShownNotification]:
    """The caller's newest notifications, or those older than `before`. Their ids sort by their events' times."""
    query = with_handoff(select(Notification, _SETTLED)).where(*_mine(actor))
    if unread:
        query = query.where(*UNREAD)
    if before is not None:
        query = query.where(Notification.id < before)
    rows = (await db.execute(query.order_by(Notification.id.desc()).limit(limit))).all()
    events = [row.event_id for row, _ in rows if row.event_id is not None]
    about = await occasions(db, actor.account_id, events) if events else {}
    return [
        ShownNotification(row, None if row.event_id is None else about[row.event_id], is_settled)
        for row, is_settled in rows
    ]


async def preferences(db: ReadDb, actor: Actor) -> dict[ChannelKind, bool]:
    """The caller's choice for each kind; what was never chosen is on."""
    chosen = select(NotificationPreference.kind, NotificationPreference.is_enabled).where(
        NotificationPreference.account_id == actor.account_id, NotificationPreference.user_id == actor.user_id
    )
    found = {row.kind: row.is_enabled for row in await db.execute(chosen)}
    return {kind: found.get(kind, True) for kind in ChannelKind}


async def channels(db: ReadDb, actor: Actor, limit: int, after: uuid.UUID | None) -> Sequence[NotificationChannel]:
    """The caller's own channels, and all of the account for who manages them, in the order they were made."""
    query = select(NotificationChannel).where(
        NotificationChannel.account_id == actor.account_id, NotificationChannel.deleted_at.is_(None)
    )
    if not actor.may(Permission.MANAGE_CHANNELS):
        query = query.where(NotificationChannel.user_id == actor.user_id)
    if after is not None:
        query = query.where(NotificationChannel.id > after)
    return (await db.scalars(query.order_by(NotificationChannel.id).limit(limit))).all()


async def deliveries(
    db: ReadDb,
    actor: Actor,
    limit: int,
    before: uuid.UUID | None,
    *,
    channel_id: uuid.UUID | None,
    status: DeliveryStatus | None,
) -> Sequence[NotificationDelivery]:
    """The newest deliveries that the caller may see, or those older than `before`."""
    query = select(NotificationDelivery).where(visible(actor))
    if channel_id is not None:
        query = query.where(NotificationDelivery.channel_id == channel_id)
    if status is not None:
        query = query.where(NotificationDelivery.status == status)
    if before is not None:
        query = query.where(NotificationDelivery.id < before)
    return (await db.scalars(query.order_by(NotificationDelivery.id.desc()).limit(limit))).all()


def visible(actor: Actor) -> ColumnElement[bool]:
    """The deliveries that the actor may see: those to themselves, or all of the account."""
    in_account = NotificationDelivery.account_id == actor.account_id
    if actor.may(Permission.MANAGE_CHANNELS):
        return in_account
    return and_(in_account, NotificationDelivery.user_id == actor.user_id)


def with_handoff(query: Select[*T]) -> Select[*T]:
    """The query of notifications, joined to their events and handoffs where they have some."""
    return (
        query.select_from(Notification)
        .outerjoin(HandoffEvent, belongs(HandoffEvent, Notification, Notification.event_id))
        .outerjoin(SessionHandoff, belongs(SessionHandoff, HandoffEvent, HandoffEvent.handoff_id))
    )


def _mine(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Notification.account_id == actor.account_id, Notification.user_id == actor.user_id


def belongs(
    table: type[Tenant], other: type[Tenant], reference: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """The condition of a join to the row of the same account that is referred to."""
    return and_(table.account_id == other.account_id, table.id == reference)


def _people(event: HandoffEvent, handoff: SessionHandoff) -> Iterator[uuid.UUID]:
    in_content = (event.content.get("target"), event.content.get("holder"))
    known = (event.actor_id, handoff.created_by, handoff.target_user_id, handoff.claimed_by)
    yield from (user for user in known if user is not None)
    yield from (uuid.UUID(user) for user in in_content if user is not None)
