"""Reading a member's notifications and preferences."""

import uuid
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from flowpilot.db.pages import newest_first
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.notifications.event_context import EventContext, event_contexts
from flowpilot.notifications.joins import with_handoff
from flowpilot.notifications.models import (
    ChannelKind,
    Notification,
    NotificationPreference,
)
from flowpilot.notifications.settled import is_settled

_SETTLED = or_(Notification.settled_at.is_not(None), is_settled(Notification.user_id))
UNREAD = (Notification.read_at.is_(None), Notification.settled_at.is_(None), ~_SETTLED)


class ShownNotification(NamedTuple):
    """A notification, the context of its event (None if it is about trouble), and whether it no longer applies."""

    notification: Notification
    context: EventContext | None
    is_settled: bool


async def notifications(
    db: ReadDb, actor: Actor, limit: int, before: uuid.UUID | None, *, unread: bool
) -> list[ShownNotification]:
    """The caller's newest notifications, or those older than `before`. Their ids are ordered like their events."""
    query = with_handoff(select(Notification, _SETTLED)).where(*_mine(actor))
    if unread:
        query = query.where(*UNREAD)
    rows = (await db.execute(newest_first(query, Notification.id, limit, before))).all()
    events = [row.event_id for row, _ in rows if row.event_id is not None]
    contexts = await event_contexts(db, actor.account_id, events) if events else {}
    return [
        ShownNotification(row, None if row.event_id is None else contexts[row.event_id], is_settled)
        for row, is_settled in rows
    ]


async def preferences(db: ReadDb, actor: Actor) -> dict[ChannelKind, bool]:
    """The caller's choice for each kind of channel, which is on unless switched off."""
    chosen = select(NotificationPreference.kind, NotificationPreference.is_enabled).where(
        NotificationPreference.account_id == actor.account_id, NotificationPreference.user_id == actor.user_id
    )
    found = {row.kind: row.is_enabled for row in await db.execute(chosen)}
    return {kind: found.get(kind, True) for kind in ChannelKind}


def _mine(actor: Actor) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Notification.account_id == actor.account_id, Notification.user_id == actor.user_id
