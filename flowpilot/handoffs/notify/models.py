"""Notifications in the product, the channels that lead out of it, and the log of what was sent."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key
from flowpilot.sessions.models import one_of


class ChannelKind(StrEnum):
    """A way in which somebody may be told."""

    IN_APP = "in_app"
    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """Where a delivery stands: a pending one is still tried."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Notification(Tenant, Base):
    """One thing that one member should know: an event of a handoff."""

    __tablename__ = "notifications"
    __table_args__ = (
        tenant_key("event_id", "handoff_events"),
        Index(None, "account_id", "user_id", "id"),
        Index(
            "notifications_unread_idx",
            "account_id",
            "user_id",
            postgresql_where="read_at IS NULL",
        ),
    )

    user_id: Mapped[uuid.UUID]
    event_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = created_at()
    read_at: Mapped[datetime | None]


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

    The address and the signing secret are encrypted; `host` is what is shown of the address.
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


class NotificationDelivery(Tenant, Base):
    """One message to one address, and what became of it. A test message belongs to no event."""

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        tenant_key("event_id", "handoff_events"),
        tenant_key("channel_id", "notification_channels"),
        one_of("kind", ChannelKind),
        one_of("status", DeliveryStatus),
        Index(None, "account_id", "channel_id", "id"),
    )

    kind: Mapped[str]
    event_id: Mapped[uuid.UUID | None]
    channel_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    status: Mapped[str] = mapped_column(server_default=DeliveryStatus.PENDING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    response_status: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()
    last_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
