"""Handoffs, everything that happened to them, and the verbal handoffs they are measured against."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class SessionHandoff(Tenant, Base):
    """One escalation: a session waiting for, or held by, a senior.

    `first_action_at` is derived: the earliest step of the session strictly after `claimed_at`.
    """

    __tablename__ = "session_handoffs"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        Index(
            "session_handoffs_created_idx",
            "account_id",
            "created_at",
            postgresql_include=["claimed_at", "first_action_at", "closed_at"],
        ),
        Index(
            "session_handoffs_claimed_idx",
            "account_id",
            "claimed_at",
            postgresql_include=["first_action_at", "closed_at"],
        ),
        Index("session_handoffs_session_idx", "account_id", "session_id"),
    )

    session_id: Mapped[uuid.UUID]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    reason: Mapped[str] = mapped_column(server_default="")
    snapshot: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    target_user_id: Mapped[uuid.UUID | None]
    claimed_by: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None]
    first_action_at: Mapped[datetime | None]
    first_action_by: Mapped[uuid.UUID | None]
    closed_at: Mapped[datetime | None]


class HandoffEventKind(StrEnum):
    """What can happen to a handoff."""

    CREATED = "created"
    CLAIMED = "claimed"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    CLOSED = "closed"
    EXPIRED = "expired"


class HandoffEvent(Tenant, Base):
    """One transition of a handoff. Rows are never changed or removed, so every claim stays known."""

    __tablename__ = "handoff_events"
    __table_args__ = (
        tenant_key("handoff_id", "session_handoffs"),
        Index("handoff_events_handoff_idx", "account_id", "handoff_id", "created_at"),
        CheckConstraint(f"kind IN ({', '.join(repr(str(kind)) for kind in HandoffEventKind)})", "kind"),
        {"info": {"append_only": True}},
    )

    handoff_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    content: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = created_at()


class HandoffBaseline(Tenant, Base):
    """One verbal handoff that somebody timed: what a savings claim is measured against."""

    __tablename__ = "handoff_baselines"
    __table_args__ = (
        CheckConstraint("method IN ('stopwatch', 'entered')", "method"),
        Index(None, "account_id", "created_at"),
    )

    seconds: Mapped[float]
    method: Mapped[str]
    measured_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = created_at()
    excluded_reason: Mapped[str | None]
