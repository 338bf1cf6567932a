"""Sending one message by e-mail or through a channel."""

import json
from datetime import datetime

from flowpilot.notifications.delivery.trouble import describe, how_settled
from flowpilot.notifications.delivery.turns import PendingDelivery
from flowpilot.notifications.messages import TEST, Message, compose, present_state
from flowpilot.notifications.models import ChannelKind, NotificationChannel
from flowpilot.notifications.transports import email as mail
from flowpilot.notifications.transports.chat import slack, teams
from flowpilot.notifications.transports.signing import signed_headers
from flowpilot.notifications.transports.webhook import WebhookBody, webhook
from flowpilot.outgoing.failures import RefusedError, SettledError, TryLaterError
from flowpilot.outgoing.messages import post_message
from flowpilot.sealed import UnsealableError, unseal
from flowpilot.settings import Settings

_JSON = {"Content-Type": "application/json"}


async def send(settings: Settings, pending: PendingDelivery, now: datetime) -> int | None:
    """Send a message, and return the status code of the receiver's answer; None for e-mail.

    Raises:
        SettledError: it no longer applies.
        RefusedError: it cannot be sent, now or later.
        TryLaterError: it could not be sent now.
    """
    if not pending.is_member:
        raise RefusedError("The recipient has left the account.", of_message=True)
    message = _message(pending)
    link = None
    if settings.public_url is not None and message.path is not None:
        link = settings.public_url.rstrip("/") + message.path
    if pending.channel is None:
        await _send_email(settings, pending, message, link, now)
        return None
    return await _send_to_channel(settings, pending, pending.channel, message, link, now)


def _message(pending: PendingDelivery) -> Message:
    """What to send. People get nothing that no longer applies; others learn what has become of the handoff."""
    if pending.trouble is not None:
        assert pending.trouble.content is not None
        assert pending.trouble.route_id is not None
        if pending.is_settled:
            raise SettledError(how_settled(pending.trouble.content))
        return describe(pending.trouble.content, pending.trouble.route_id, pending.trouble.created_at)
    if pending.context is None:
        return TEST
    is_personal = pending.delivery.user_id is not None and pending.delivery.kind != ChannelKind.WEBHOOK
    if pending.is_settled and is_personal:
        raise SettledError(present_state(pending.context))
    return compose(pending.context, is_settled=pending.is_settled)


async def _send_email(
    settings: Settings, pending: PendingDelivery, message: Message, link: str | None, now: datetime
) -> None:
    if pending.email is None:
        raise RefusedError("The recipient has no e-mail address.", of_message=True)
    thread = None if pending.context is None else pending.context.handoff.id
    delivery = pending.delivery
    try:
        email = mail.compose_email(
            settings, pending.email, message, link, message_id=delivery.id, thread=thread, at=now
        )
        await mail.send(settings, email)
    except mail.NoMailServerError as error:
        raise TryLaterError(error.detail) from None


async def _send_to_channel(
    settings: Settings,
    pending: PendingDelivery,
    channel: NotificationChannel,
    message: Message,
    link: str | None,
    now: datetime,
) -> int:
    if channel.deleted_at is not None or not channel.is_active:
        raise RefusedError("The channel was removed or switched off.", of_message=True)
    try:
        address = unseal(settings.signing_key(), channel.url_encrypted)
        secret = channel.secret_encrypted and unseal(settings.signing_key(), channel.secret_encrypted)
    except UnsealableError:
        raise RefusedError(
            "The installation's secret key has changed, so the channel's address cannot be read. Add it again."
        ) from None
    body = _body(pending, channel, message, link)
    headers = dict(_JSON)
    if secret:
        headers |= signed_headers(secret, str(pending.delivery.id), now, body)
    return await post_message(address, body, headers, allowed=settings.allowed_private_networks, now=now)


def _body(pending: PendingDelivery, channel: NotificationChannel, message: Message, link: str | None) -> bytes:
    match channel.kind:
        case ChannelKind.SLACK:
            return json.dumps(slack(message, link)).encode()
        case ChannelKind.TEAMS:
            return json.dumps(teams(message, link)).encode()
        case _:
            return _webhook(pending, message, link).model_dump_json().encode()


def _webhook(pending: PendingDelivery, message: Message, link: str | None) -> WebhookBody:
    delivery = pending.delivery
    if pending.context is None:
        return WebhookBody(
            id=delivery.id,
            type="channel.test",
            timestamp=delivery.created_at,
            account_id=delivery.account_id,
            text=message.text,
        )
    return webhook(pending.context, delivery.id, message.text, link)
