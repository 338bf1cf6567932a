"""Changing channels: the Slack, Teams and webhook addresses that messages are sent to."""

import asyncio
import contextlib
import uuid
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, NotFoundError, OutdatedError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission
from flowpilot.notifications.channels.audit import record_change
from flowpilot.notifications.delivery.resting import locked_route, try_route_now
from flowpilot.notifications.delivery.service import send_test
from flowpilot.notifications.delivery.trouble import end_trouble
from flowpilot.notifications.models import ChannelKind, NotificationChannel
from flowpilot.notifications.transports.signing import new_secret
from flowpilot.outgoing.destinations import lookup, parse
from flowpilot.sealed import seal
from flowpilot.settings import Settings

# How long a person who enters an address waits for a slow name server.
_LOOKUP_SECONDS = 3.0


class ChannelNotFoundError(NotFoundError):
    """There is no such channel."""

    def __init__(self) -> None:
        super().__init__("There is no such channel in this account.")


class ChannelIsOffError(OutdatedError):
    """A channel that is switched off sends nothing."""

    def __init__(self) -> None:
        super().__init__("This channel is switched off. Switch it on first.")


class NotSignedError(ConflictError):
    """Slack and Teams accept no signature."""

    def __init__(self) -> None:
        super().__init__("Only webhooks are signed. A Slack or Teams address is its own secret.")


async def create_channel(
    db: Db,
    actor: Actor,
    kind: ChannelKind,
    name: str,
    url: str,
    *,
    mine: bool,
    settings: Settings,
    now: datetime,
) -> tuple[NotificationChannel, str | None]:
    """A new channel, and the secret that signs its messages if it is a webhook; the secret is not shown again.

    Args:
        mine: it gets what the actor is notified of; otherwise, what the whole account may know.

    Raises:
        AddressRefusedError: messages may not be sent to this address.
        ForbiddenError: the actor may not add channels for the account.
    """
    if not mine and not actor.may(Permission.MANAGE_CHANNELS):
        raise ForbiddenError(
            f"Your role ({actor.role}) does not allow adding channels for the whole account. Add one of your own."
        )
    address = parse(url)
    # A name that cannot be looked up now may exist later; it is checked again for every message.
    with contextlib.suppress(OSError):
        async with asyncio.timeout(_LOOKUP_SECONDS):
            await lookup(address, settings.allowed_private_networks)
    key = settings.signing_key()
    secret = new_secret() if kind is ChannelKind.WEBHOOK else None
    channel = NotificationChannel(
        account_id=actor.account_id,
        id=new_id(),
        kind=kind,
        user_id=actor.user_id if mine else None,
        name=name,
        host=address.host,
        url_encrypted=seal(key, url),
        secret_encrypted=None if secret is None else seal(key, secret),
        is_active=True,
        created_by=actor.user_id,
        created_at=now,
    )
    db.add(channel)
    await db.flush()
    await record_change(db, actor.user_id, channel, "channel.created", now)
    return channel, secret


async def change_channel(
    db: Db, actor: Actor, channel_id: uuid.UUID, now: datetime, *, name: str | None, is_active: bool | None
) -> None:
    """Rename a channel, or switch it off or on; None leaves it as it is.

    Raises:
        ChannelNotFoundError, ForbiddenError: as in `remove_channel`.
    """
    channel = await _for_change(db, actor, channel_id)
    channel.name = channel.name if name is None else name
    if is_active is not None and is_active != channel.is_active:
        channel.is_active = is_active
        await _end_rest(db, channel, now)
    await record_change(db, actor.user_id, channel, "channel.changed", now)


async def remove_channel(db: Db, actor: Actor, channel_id: uuid.UUID, now: datetime) -> None:
    """Remove a channel for good, with its address and secret. The log of what it sent stays.

    Raises:
        ChannelNotFoundError: the actor has no such channel.
        ForbiddenError: it belongs to another member.
    """
    await remove_for_good(db, actor.user_id, await _for_change(db, actor, channel_id), now)


async def remove_for_good(db: Db, by: uuid.UUID, channel: NotificationChannel, now: datetime) -> None:
    """Remove anybody's channel, which this transaction has locked."""
    channel.deleted_at, channel.is_active = now, False
    channel.url_encrypted, channel.secret_encrypted = b"", None
    await _end_rest(db, channel, now)
    await record_change(db, by, channel, "channel.removed", now)


async def renew_secret(db: Db, actor: Actor, channel_id: uuid.UUID, settings: Settings, now: datetime) -> str:
    """A new signing secret for a webhook. The old one is no longer valid.

    Raises:
        ChannelNotFoundError, ForbiddenError: as in `remove_channel`.
        NotSignedError: the channel is not a webhook.
    """
    channel = await _for_change(db, actor, channel_id)
    if channel.kind != ChannelKind.WEBHOOK:
        raise NotSignedError
    secret = new_secret()
    channel.secret_encrypted = seal(settings.signing_key(), secret)
    await record_change(db, actor.user_id, channel, "channel.secret_renewed", now)
    return secret


async def test_channel(db: Db, actor: Actor, channel_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Queue a test message, and return the id of its delivery.

    Raises:
        ChannelNotFoundError, ForbiddenError: as in `remove_channel`.
        ChannelIsOffError: the channel is switched off.
    """
    channel = await _switched_on(db, actor, channel_id)
    return await send_test(db, channel, now)


async def try_channel_now(db: Db, actor: Actor, channel_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Try a resting channel now, with the messages that wait or with a test, and return the delivery's id.

    Raises:
        ChannelNotFoundError, ForbiddenError: as in `remove_channel`.
        ChannelIsOffError: the channel is switched off.
    """
    channel = await _switched_on(db, actor, channel_id)
    return await try_route_now(db, channel.account_id, channel.id, now) or await send_test(db, channel, now)


async def _end_rest(db: Db, channel: NotificationChannel, now: datetime) -> None:
    route = await locked_route(db, channel.account_id, channel.id)
    await end_trouble(db, route, now)
    await try_route_now(db, channel.account_id, channel.id, now)


async def _switched_on(db: Db, actor: Actor, channel_id: uuid.UUID) -> NotificationChannel:
    channel = await _for_change(db, actor, channel_id)
    if not channel.is_active:
        raise ChannelIsOffError
    return channel


async def _for_change(db: Db, actor: Actor, channel_id: uuid.UUID) -> NotificationChannel:
    channel = await db.scalar(
        select(NotificationChannel)
        .where(
            NotificationChannel.account_id == actor.account_id,
            NotificationChannel.id == channel_id,
            NotificationChannel.deleted_at.is_(None),
        )
        .with_for_update()
    )
    if channel is None or (channel.user_id != actor.user_id and not actor.may(Permission.MANAGE_CHANNELS)):
        raise ChannelNotFoundError
    if channel.user_id not in {None, actor.user_id}:
        raise ForbiddenError("This channel belongs to another member. Only they can change it.")
    return channel
