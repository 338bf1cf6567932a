"""JSON routes of notifications: the caller's own, how they get them, and what was sent."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request

from flowpilot.clock import Now
from flowpilot.http.bodies import Body
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageChannels, CanView, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.notifications import channels, queries, schemas, service
from flowpilot.notifications.attention import Attention, attention
from flowpilot.notifications.delivery import outbox as deliveries
from flowpilot.notifications.delivery import routes
from flowpilot.notifications.delivery.trouble import describe
from flowpilot.notifications.messages import compose, how_it_stands
from flowpilot.notifications.models import ChannelKind, DeliveryStatus

router = APIRouter(prefix="/api/v1", tags=["notifications"])


@router.get("/notifications")
async def list_notifications(
    actor: CanView,
    db: ReadSession,
    unread: Annotated[bool, Query(description="Only those that are not read.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> schemas.NotificationPage:
    """The caller's notifications, newest first."""
    rows = await queries.notifications(db, actor, limit + 1, cursor, unread=unread)
    page = list_page([_notification(row) for row in rows], limit)
    unread_count = (await read_attention(actor, db)).unread_count
    return schemas.NotificationPage(**dict(page), unread_count=unread_count)


@router.get("/notifications/unread-count")
async def count_unread(actor: CanView, db: ReadSession) -> schemas.UnreadOut:
    """How many of the caller's notifications are not read."""
    return schemas.UnreadOut(unread_count=(await read_attention(actor, db)).unread_count)


@router.get("/attention")
async def read_attention(actor: CanView, db: ReadSession) -> Attention:
    """What asks for the caller's attention: handoffs that wait, and notifications that are not read."""
    return (await attention(db, actor.account_id, [actor.user_id]))[actor.user_id]


@router.post("/notifications/read", status_code=204)
async def mark_read(body: schemas.ReadIn, actor: CanView, db: WriteSession, now: Now) -> None:
    """Mark notifications of the caller as read."""
    if body.ids is not None:
        await service.mark_read(db, actor, body.ids, now)
    elif body.up_to is not None:
        await service.mark_read_up_to(db, actor, body.up_to, now)


@router.get("/notification-preferences")
async def read_preferences(actor: CanWork, db: ReadSession) -> schemas.Preferences:
    """By which kinds the caller is told. What was never chosen is on."""
    return schemas.Preferences.model_validate(await queries.preferences(db, actor))


@router.put("/notification-preferences")
async def choose_preferences(body: schemas.Preferences, actor: CanWork, db: WriteSession) -> schemas.Preferences:
    """Choose by which kinds the caller is told, from the next event on."""
    await service.choose(db, actor, {ChannelKind(kind): chosen for kind, chosen in body.model_dump().items()})
    return body


@router.get("/notification-channels")
async def list_channels(
    actor: CanWork, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[schemas.ChannelOut]:
    """The caller's own channels; for who manages channels, all of the account."""
    rows = await queries.channels(db, actor, limit + 1, cursor)
    resting = await routes.rests(db, actor.account_id, [row.id for row in rows])
    return list_page([schemas.channel_out(actor, row, resting.get(row.id)) for row in rows], limit)


@router.post("/notification-channels", status_code=201)
async def create_channel(
    request: Request, body: schemas.ChannelIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.NewChannelOut:
    """Add a Slack, Teams or webhook address. A webhook's signing secret is in this answer and nowhere else."""

    async def make() -> schemas.NewChannelOut:
        settings = request.app.state.settings
        channel, secret = await channels.create_channel(
            db, actor, body.kind, body.name, body.url, mine=body.mine, settings=settings, now=now
        )
        return schemas.NewChannelOut(**schemas.channel_out(actor, channel).model_dump(), secret=secret)

    return await once.create(schemas.NewChannelOut, body, make, unstored="secret")


@router.patch("/notification-channels/{channel_id}", status_code=204)
async def change_channel(
    channel_id: uuid.UUID, body: schemas.ChannelChangeIn, actor: CanWork, db: WriteSession, now: Now
) -> None:
    """Give a channel another name, or switch it off or on."""
    await channels.change_channel(db, actor, channel_id, now, name=body.name, is_active=body.is_active)


@router.delete("/notification-channels/{channel_id}", status_code=204)
async def remove_channel(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> None:
    """Remove a channel for good."""
    await channels.remove_channel(db, actor, channel_id, now)


@router.post("/notification-channels/{channel_id}/test", status_code=202)
async def test_channel(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> schemas.QueuedOut:
    """Send a test message. What becomes of it is in the deliveries."""
    return schemas.QueuedOut(delivery_id=await channels.test_channel(db, actor, channel_id, now))


@router.post("/notification-channels/{channel_id}/try-now", status_code=202)
async def try_channel_now(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> schemas.QueuedOut:
    """Try a channel that rests now: with what waits for it, or with a test message."""
    return schemas.QueuedOut(delivery_id=await channels.try_channel_now(db, actor, channel_id, now))


@router.post("/notification-channels/{channel_id}/secret")
async def renew_secret(
    request: Request, channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.SecretOut:
    """Make a new signing secret for a webhook, in the place of the old one."""

    async def make() -> schemas.SecretOut:
        secret = await channels.renew_secret(db, actor, channel_id, request.app.state.settings, now)
        return schemas.SecretOut(secret=secret)

    return await once.create(schemas.SecretOut, Body(), make, unstored="secret")


@router.get("/notification-email")
async def read_email(actor: CanManageChannels, db: ReadSession) -> schemas.EmailOut:
    """Whether the account's e-mail goes out."""
    resting = (await routes.rests(db, actor.account_id, [actor.account_id])).get(actor.account_id)
    return schemas.EmailOut(rest=None if resting is None else schemas.RestOut.model_validate(resting))


@router.post("/notification-email/try-now", status_code=202)
async def try_email_now(actor: CanManageChannels, db: WriteSession, now: Now) -> schemas.QueuedOut:
    """Try e-mail now although it rests."""
    delivery_id = await routes.try_route_now(db, actor.account_id, actor.account_id, now)
    if delivery_id is None:
        raise routes.NothingWaitsError
    return schemas.QueuedOut(delivery_id=delivery_id)


@router.get("/notification-deliveries")
async def list_deliveries(
    actor: CanWork,
    db: ReadSession,
    channel_id: uuid.UUID | None = None,
    status: DeliveryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[schemas.DeliveryOut]:
    """What was sent to the caller, newest first; for who manages channels, all that the account sent."""
    rows = await queries.deliveries(db, actor, limit + 1, cursor, channel_id=channel_id, status=status)
    return list_page([schemas.DeliveryOut.model_validate(row) for row in rows], limit)


@router.post("/notification-deliveries/{delivery_id}/retry", status_code=202)
async def retry_delivery(delivery_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> schemas.QueuedOut:
    """Try a failed delivery again."""
    await deliveries.try_again(db, actor, delivery_id, now)
    return schemas.QueuedOut(delivery_id=delivery_id)


def _notification(shown: queries.ShownNotification) -> schemas.NotificationOut:
    row, occasion = shown.notification, shown.occasion
    if occasion is None:
        assert row.content is not None
        assert row.route_id is not None
        message, kind = describe(row.content, row.route_id), row.content["kind"]
        settled = "It is settled." if shown.is_settled else None
    else:
        message, kind = compose(occasion), occasion.event.kind
        settled = how_it_stands(occasion) if shown.is_settled else None
    return schemas.NotificationOut(
        id=row.id,
        kind=kind,
        text=message.text,
        path=message.path or "/notifications",
        handoff_id=None if occasion is None else occasion.handoff.id,
        session_id=None if occasion is None else occasion.session.id,
        created_at=row.created_at if occasion is None else occasion.event.created_at,
        read_at=row.read_at,
        settled=settled,
    )
