"""JSON routes of a member's own notifications and preferences."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.notifications.attention import Attention, attention_of
from flowpilot.notifications.delivery.trouble import describe, what_became
from flowpilot.notifications.inbox import queries, schemas, service
from flowpilot.notifications.messages import compose, present_state
from flowpilot.notifications.models import ChannelKind

router = APIRouter(prefix="/api/v1", tags=["notifications"])


@router.get("/notifications")
async def list_notifications(
    actor: CanView,
    db: ReadSession,
    unread: Annotated[bool, Query(description="Only unread ones.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> schemas.NotificationPage:
    """The caller's notifications, newest first."""
    page = await shown(actor, db, limit, cursor, unread=unread)
    unread_count = (await read_attention(actor, db)).unread_count
    return schemas.NotificationPage(**dict(page), unread_count=unread_count)


async def shown(
    actor: Actor, db: ReadDb, limit: int, cursor: uuid.UUID | None = None, *, unread: bool = False
) -> ListPage[schemas.NotificationOut]:
    """The same, without the count that pages have in their head."""
    rows = await queries.notifications(db, actor, limit + 1, cursor, unread=unread)
    return list_page([_notification(row) for row in rows], limit)


@router.get("/notifications/unread-count")
async def count_unread(actor: CanView, db: ReadSession) -> schemas.UnreadOut:
    """How many of the caller's notifications are unread."""
    return schemas.UnreadOut(unread_count=(await read_attention(actor, db)).unread_count)


@router.get("/attention")
async def read_attention(actor: CanView, db: ReadSession) -> Attention:
    """What asks for the caller's attention: waiting handoffs and unread notifications."""
    return await attention_of(actor.account_id, actor.user_id).alone(db)


@router.post("/notifications/read", status_code=204)
async def mark_read(body: schemas.ReadIn, actor: CanView, db: WriteSession, now: Now) -> None:
    """Mark the caller's notifications as read."""
    if body.ids is not None:
        await service.mark_read(db, actor, body.ids, now)
    elif body.up_to is not None:
        await service.mark_read_up_to(db, actor, body.up_to, now)


@router.get("/notification-preferences")
async def read_preferences(actor: CanWork, db: ReadSession) -> schemas.Preferences:
    """The kinds of channel that notify the caller. They are on unless switched off."""
    return schemas.Preferences.model_validate(await queries.preferences(db, actor))


@router.put("/notification-preferences")
async def choose_preferences(body: schemas.Preferences, actor: CanWork, db: WriteSession) -> schemas.Preferences:
    """Choose which kinds of channel notify the caller, from the next event on."""
    await service.choose(db, actor, {ChannelKind(kind): chosen for kind, chosen in body.model_dump().items()})
    return body


def _notification(shown: queries.ShownNotification) -> schemas.NotificationOut:
    row, context = shown.notification, shown.context
    if context is None:
        assert row.content is not None
        assert row.route_id is not None
        message, kind = describe(row.content, row.route_id, row.created_at), row.content["kind"]
        settled = what_became(row.content) if shown.is_settled else None
    else:
        message, kind = compose(context), context.event.kind
        settled = present_state(context) if shown.is_settled else None
    return schemas.NotificationOut(
        id=row.id,
        kind=kind,
        text=message.text,
        path=message.path or "/notifications",
        handoff_id=None if context is None else context.handoff.id,
        session_id=None if context is None else context.session.id,
        created_at=row.created_at if context is None else context.event.created_at,
        read_at=row.read_at,
        settled=settled,
    )
