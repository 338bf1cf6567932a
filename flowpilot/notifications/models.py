"""Notifications in the product, the channels to the outside, and the log of what was sent."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key


class ChannelKind(StrEnum):
    """A way to notify somebody."""

    IN_APP = "in_app"
    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """The state of a delivery: a pending one is still tried, a dropped one was out of date before it was sent."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Notification(Tenant, Base):
    """Something that one member should know: an event of a handoff, or trouble on a route (in `content`).

    From `settled_at` on nobody needs to read it any more.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        tenant_key("event_id", "handoff_events"),
        CheckConstraint("num_nonnulls(event_id, route_id) = 1", "about"),
        CheckConstraint("(route_id IS NULL) = (content IS NULL)", "content"),
        Index(None, "account_id", "user_id", "id"),
        Index(
            "notifications_unread_idx",
            "account_id",
            "user_id",
            postgresql_where="read_at IS NULL AND settled_at IS NULL",
        ),
        Index(
            "notifications_event_idx",
            "account_id",
            "event_id",
            postgresql_where="read_at IS NULL AND settled_at IS NULL",
        ),
        Index(
            "notifications_route_idx",
            "account_id",
            "route_id",
            postgresql_where="route_id IS NOT NULL AND settled_at IS NULL",
        ),
    )

    user_id: Mapped[uuid.UUID]
    event_id: Mapped[uuid.UUID | None]
    route_id: Mapped[uuid.UUID | None]
    content: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = created_at()
    read_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class NotificationPreference(Tenant, Base):
    """A member's choice for one kind of channel. Without a row, the kind is on."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        UniqueConstraint("account_id", "user_id", "kind"),
        one_of("kind", ChannelKind),
    )

    user_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    is_enabled: Mapped[bool]


class NotificationChannel(Tenant, Base):
    """A Slack, Teams or webhook address: a member's own (`user_id`), or the whole account's.

    The address and the signing secret are encrypted; only `host` is shown of the address.
    """

    __tablename__ = "notification_channels"
    __table_args__ = (one_of("kind", ChannelKind),)

    kind: Mapped[str]
    user_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    host: Mapped[str]
    url_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    secret_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_active: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    deleted_at: Mapped[datetime | None]


class NotificationRoute(Tenant, Base):
    """The health of a route: of a channel (with the channel's id), or of e-mail (with the account's id).

    `failures` counts the failures in a row. Nothing is sent before `next_try_at`. A route that has been resting
    since `resting_since` is then tried with one message.
    """

    __tablename__ = "notification_routes"

    failures: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    next_try_at: Mapped[datetime | None]
    resting_since: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]


class NotificationDelivery(Tenant, Base):
    """One message to one address, and what became of it. A test has neither an event nor a notification.

    A pending delivery is sent by its lane, not before `due_at`.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        tenant_key("event_id", "handoff_events"),
        tenant_key("notification_id", "notifications"),
        tenant_key("channel_id", "notification_channels"),
        one_of("kind", ChannelKind),
        one_of("status", DeliveryStatus),
        Index(None, "account_id", "channel_id", "id"),
        Index("notification_deliveries_pending_idx", "account_id", "lane", postgresql_where="status = 'pending'"),
    )

    kind: Mapped[str]
    event_id: Mapped[uuid.UUID | None]
    notification_id: Mapped[uuid.UUID | None]
    channel_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    status: Mapped[str] = mapped_column(server_default=DeliveryStatus.PENDING)
    lane: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="3")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(server_default="0")
    response_status: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()
    last_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
