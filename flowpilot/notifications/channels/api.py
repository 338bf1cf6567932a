"""JSON routes of channels, and of the account's e-mail."""

import uuid

from fastapi import APIRouter, Request

from flowpilot.clock import Now
from flowpilot.http.fields import Body
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageChannels, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.notifications.channels import queries, schemas, service
from flowpilot.notifications.delivery import resting
from flowpilot.notifications.delivery.schemas import QueuedOut

router = APIRouter(prefix="/api/v1", tags=["notifications"])


@router.get("/notification-channels")
async def list_channels(
    actor: CanWork, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[schemas.ChannelOut]:
    """The caller's own channels. Callers who manage channels get all channels of the account."""
    rows = await queries.channels(db, actor, limit + 1, cursor)
    rests = await resting.rests(db, actor.account_id, [row.id for row in rows])
    return list_page([schemas.channel_out(actor, row, rests.get(row.id)) for row in rows], limit)


@router.post("/notification-channels", status_code=201)
async def create_channel(
    request: Request, body: schemas.ChannelIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.NewChannelOut:
    """Add a Slack, Teams or webhook address. Only this answer contains a webhook's signing secret."""

    async def make() -> schemas.NewChannelOut:
        settings = request.app.state.settings
        channel, secret = await service.create_channel(
            db, actor, body.kind, body.name, body.url, mine=body.mine, settings=settings, now=now
        )
        return schemas.NewChannelOut(**schemas.channel_out(actor, channel).model_dump(), secret=secret)

    return await once.create(schemas.NewChannelOut, body, make, unstored="secret")


@router.patch("/notification-channels/{channel_id}", status_code=204)
async def change_channel(
    channel_id: uuid.UUID, body: schemas.ChannelChangeIn, actor: CanWork, db: WriteSession, now: Now
) -> None:
    """Rename a channel, or switch it off or on."""
    await service.change_channel(db, actor, channel_id, now, name=body.name, is_active=body.is_active)


@router.delete("/notification-channels/{channel_id}", status_code=204)
async def remove_channel(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> None:
    """Remove a channel for good."""
    await service.remove_channel(db, actor, channel_id, now)


@router.post("/notification-channels/{channel_id}/test", status_code=202)
async def test_channel(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> QueuedOut:
    """Send a test message. Its delivery shows whether it arrived."""
    return QueuedOut(delivery_id=await service.test_channel(db, actor, channel_id, now))


@router.post("/notification-channels/{channel_id}/try-now", status_code=202)
async def try_channel_now(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> QueuedOut:
    """Try a resting channel now, with the messages that wait for it or with a test message."""
    return QueuedOut(delivery_id=await service.try_channel_now(db, actor, channel_id, now))


@router.post("/notification-channels/{channel_id}/secret")
async def renew_secret(
    request: Request, channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.SecretOut:
    """Replace a webhook's signing secret with a new one."""

    async def make() -> schemas.SecretOut:
        secret = await service.renew_secret(db, actor, channel_id, request.app.state.settings, now)
        return schemas.SecretOut(secret=secret)

    return await once.create(schemas.SecretOut, Body(), make, unstored="secret")


@router.get("/notification-email")
async def read_email(actor: CanManageChannels, db: ReadSession) -> schemas.EmailOut:
    """Whether the account's e-mail is being sent."""
    rest = (await resting.rests(db, actor.account_id, [actor.account_id])).get(actor.account_id)
    return schemas.EmailOut(rest=None if rest is None else schemas.RestOut.model_validate(rest))


@router.post("/notification-email/try-now", status_code=202)
async def try_email_now(actor: CanManageChannels, db: WriteSession, now: Now) -> QueuedOut:
    """Try e-mail now, even though it rests."""
    delivery_id = await resting.try_route_now(db, actor.account_id, actor.account_id, now)
    if delivery_id is None:
        raise resting.NothingWaitsError
    return QueuedOut(delivery_id=delivery_id)
