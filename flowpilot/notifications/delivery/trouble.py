"""Trouble on a route: the people who can fix it are notified once, until the route works again."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.handoffs.models import Priority
from flowpilot.identity.actor import Role
from flowpilot.identity.models import Account
from flowpilot.notifications.damaged import as_moment, as_zone
from flowpilot.notifications.delivery.lanes import MAIL_LANE, give_turn
from flowpilot.notifications.delivery.resting import record_success, release_waiting
from flowpilot.notifications.messages import Message
from flowpilot.notifications.models import (
    ChannelKind,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationRoute,
)
from flowpilot.notifications.people import Person, people, switched_off

_RETRIED = "Waiting messages are retried automatically."


class TroubleKind(StrEnum):
    """What asks for somebody: trouble with a route, a ticket system, a posting or a flow, a fix that waits, or a
    session that goes on again."""

    CHANNEL_RESTS = "channel_rests"
    CHANNEL_GONE = "channel_gone"
    EMAIL_RESTS = "email_rests"
    TICKET_SYSTEM_REFUSES = "ticket_system_refuses"
    POSTING_FAILED = "posting_failed"
    FLOW_DOUBTED = "flow_doubted"
    LOOK_AGAIN = "look_again"
    NOTED = "noted"
    REOPENED = "reopened"


async def report(
    db: Db,
    account_id: uuid.UUID,
    channel: NotificationChannel | None,
    reason: str,
    at: datetime,
    *,
    is_gone: bool = False,
    by_email: bool,
) -> None:
    """Notify those who can fix a route that it rests: in the product, and by e-mail unless that is what rests.

    Args:
        db: the transaction.
        account_id: the account of the route.
        channel: the channel that failed; None for e-mail.
        reason: why nothing arrives, in a sentence.
        at: when it began.
        is_gone: the channel was switched off, it does not rest.
        by_email: whether there is a mail server.
    """
    kind = TroubleKind.CHANNEL_GONE if is_gone else TroubleKind.CHANNEL_RESTS
    members = await people(db, account_id)
    notified = {user: new_id() for user in _who_can_fix(channel, members)}
    content = {
        "kind": TroubleKind.EMAIL_RESTS if channel is None else kind,
        "name": "" if channel is None else channel.name,
        "reason": reason,
        "since": at.isoformat(),
        "zone": await db.scalar(select(Account.timezone).where(Account.id == account_id)),
    }
    route_id = account_id if channel is None else channel.id
    about = {"account_id": account_id, "route_id": route_id, "content": content, "created_at": at}
    rows = [{"id": notification_id, "user_id": user, **about} for user, notification_id in notified.items()]
    if rows:
        await db.execute(insert(Notification).values(rows))
        announce(db, account_id, "notifications")
    if by_email and channel is not None:
        reached = {user: notified[user] for user in notified if members[user].email is not None}
        await report_by_email(db, account_id, reached, at)


async def end_trouble(db: Db, route: NotificationRoute, at: datetime) -> None:
    """The route works, or is no longer used: release its waiting messages, and settle what was said about it."""
    record_success(route)
    await release_waiting(db, route, at)
    await db.execute(
        update(Notification)
        .where(
            Notification.account_id == route.account_id,
            Notification.route_id == route.id,
            Notification.settled_at.is_(None),
        )
        .values(settled_at=at)
    )
    announce(db, route.account_id, "notifications")


def describe(content: Mapping[str, Any], route_id: uuid.UUID, created_at: datetime) -> Message:
    """The message about trouble: which route, since when (at the latest since it was created), why, what to do."""
    since = (as_moment(content.get("since")) or created_at).astimezone(as_zone(content.get("zone")))
    when, name, reason = f"{since:%-d %b %Y, %H:%M}", content["name"], content["reason"]
    path = f"/settings/notifications/channels/{route_id}"
    match content["kind"]:
        case TroubleKind.EMAIL_RESTS:
            subject, path = "E-mail is not being sent", "/settings/notifications"
            what = f"No e-mail has been sent since {when}. {reason} {_RETRIED}"
            to_do = "Ask the operator of this installation to check its mail server."
        case TroubleKind.TICKET_SYSTEM_REFUSES:
            subject, path = f"“{name}” does not accept FlowPilot's credentials", "/settings/ticket-system"
            what = f"Nothing has been posted to “{name}” since {when}. {reason}"
            to_do = "What waits is posted once they are entered in Settings."
        case TroubleKind.POSTING_FAILED:
            subject, path = f"A posting to ticket {name} failed", f"/postings/{route_id}"
            what = f"{subject} on {when}. {reason}"
            to_do = "Open it to try again, or to give it up."
        case TroubleKind.FLOW_DOUBTED:
            subject, path = f"“{name}” asks whether it is still right", f"/flows/{route_id}"
            what = f"{subject}. {reason}"
            to_do = "Open it to confirm or to edit it."
        case TroubleKind.LOOK_AGAIN:
            subject, path = f"Look again: “{name}”", f"/sessions/{route_id}"
            what = f"A fix for “{name}” has to prove itself. {reason}"
            to_do = "Open the session to say whether it worked, or put it off."
        case TroubleKind.NOTED:
            subject, path = f"A note on “{name}”", f"/sessions/{route_id}"
            what = f"{reason} The fix for “{name}” waits to be looked at."
            to_do = "Open the session to read it."
        case TroubleKind.REOPENED:
            subject, path = f"Reopened: “{name}”", f"/sessions/{route_id}"
            what, to_do = f"{reason} It is with you.", "Open the session to go on with it."
        case TroubleKind.CHANNEL_GONE:
            subject = f"“{name}” is switched off"
            what = f"“{name}” was switched off on {when}. {reason}"
            to_do = "If the receiver has a new address, add it as a new channel."
        case _:
            subject = f"“{name}” is not receiving messages"
            what = f"“{name}” has received no messages since {when}. {reason} {_RETRIED}"
            to_do = "Check its address, or switch it off."
    return Message(subject, f"{what} {to_do}", path=path)


def what_became(content: Mapping[str, Any]) -> str:
    """What a notice says in the product once it no longer applies."""
    is_reopening = content["kind"] == TroubleKind.REOPENED
    return "It has ended again, or is with somebody else." if is_reopening else "The problem is over."


def how_settled(content: Mapping[str, Any]) -> str:
    """Why nobody needs to be sent that any more."""
    is_flow = content["kind"] == TroubleKind.FLOW_DOUBTED
    return "The flow was confirmed, published or given to somebody else." if is_flow else "It works again."


def _who_can_fix(channel: NotificationChannel | None, members: Mapping[uuid.UUID, Person]) -> set[uuid.UUID]:
    # Nobody else learns where a member's own messages go.
    if channel is not None and channel.user_id is not None:
        return {channel.user_id} & members.keys()
    creator = None if channel is None else channel.created_by
    return {user for user, person in members.items() if person.role is Role.OWNER or user == creator}


async def report_by_email(
    db: Db, account_id: uuid.UUID, notifications: Mapping[uuid.UUID, uuid.UUID], at: datetime
) -> None:
    """To these members, each with the id of their notification."""
    off = await switched_off(db, account_id, notifications.keys())
    emails = {new_id(): user for user in notifications if (user, ChannelKind.EMAIL) not in off}
    common = {"account_id": account_id, "kind": ChannelKind.EMAIL, "due_at": at, "created_at": at}
    turn = {"lane": MAIL_LANE, "priority": Priority.HIGH}
    rows = [
        {"id": delivery_id, "user_id": user, "notification_id": notifications[user], **common, **turn}
        for delivery_id, user in emails.items()
    ]
    if rows:
        await db.execute(insert(NotificationDelivery).values(rows))
        await give_turn(db, account_id, MAIL_LANE, next(iter(emails)))
