"""Handoffs, and everything that happened to them."""

import uuid
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, TenantPart, created_at, one_of, tenant_key


class Priority(IntEnum):
    """How urgent a handoff is; the smaller number is shown first."""

    URGENT = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4


class Outcome(StrEnum):
    """How a handoff ended: resolved, set aside, returned to the engineer who escalated it, or abandoned.

    `sent_back` is returned, too, but because it says too little to work with: a judgement of the escalation.
    """

    RESOLVED = "resolved"
    PARKED = "parked"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    ABANDONED = "abandoned"


class SessionHandoff(TenantPart, Base):
    """One escalation: a session waiting for, or held by, a senior.

    `first_action_at` and `claimant_action_at` are derived: the earliest step of the session strictly after
    `claimed_at`, by anybody; and by `claimed_by`, until it is closed, if it is an action of theirs: not one that
    edits, undoes or takes back another, and not one that only chooses, leaves or enters a flow. Until the claimant
    acts, a claim lasts for as long as its lease, if there is one. `assessment` sums the snapshot up.
    `..._work_seconds` are the working time from its creation to the claim, and from the claim to each first
    action, by the hours of then; null without the end, or if all of the time was working time.
    `returns_to` is set when the engineer who escalated it can no longer work here: it goes back to this person.
    `lacks` names what the account's rules ask for and it did not have; `avoidable_reason` is what could have
    spared it, as a senior has said.
    `claimed_by` without `claimed_at`: a log dates the claim before the handoff, so its time is unknown.
    """

    __tablename__ = "session_handoffs"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        CheckConstraint("priority BETWEEN 1 AND 4", "priority"),
        CheckConstraint("claimed_at >= created_at", "claimed_at"),
        CheckConstraint("first_action_at >= claimed_at", "first_action_at"),
        CheckConstraint("claimant_action_at >= claimed_at", "claimant_action_at"),
        CheckConstraint("closed_at >= greatest(created_at, claimed_at)", "closed_at"),
        one_of("outcome", Outcome),
        Index(
            "session_handoffs_created_idx",
            "account_id",
            "created_at",
            postgresql_include=["claimed_by", "claimed_at", "first_action_at", "closed_at"],
        ),
        Index(
            "session_handoffs_claimed_idx",
            "account_id",
            "claimed_at",
            postgresql_include=["first_action_at", "claimant_action_at", "closed_at"],
        ),
        Index("session_handoffs_session_idx", "account_id", "session_id"),
        # The queue is what is open, which is little of all there is. It begins with what nobody has claimed.
        Index(
            "session_handoffs_queue_idx",
            "account_id",
            text("(claimed_by IS NOT NULL)"),
            "priority",
            "created_at",
            "id",
            postgresql_include=["claimed_by", "claimant_action_at"],
            postgresql_where="closed_at IS NULL",
        ),
    )

    session_id: Mapped[uuid.UUID]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    reason: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="3")
    snapshot: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    lacks: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    assessment: Mapped[dict[str, Any] | None]
    target_user_id: Mapped[uuid.UUID | None]
    returns_to: Mapped[uuid.UUID | None]
    claimed_by: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None]
    lease_expires_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    first_action_at: Mapped[datetime | None]
    first_action_by: Mapped[uuid.UUID | None]
    claimant_action_at: Mapped[datetime | None]
    claim_work_seconds: Mapped[float | None]
    action_work_seconds: Mapped[float | None]
    claimant_work_seconds: Mapped[float | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    avoidable_reason: Mapped[str | None]
    edits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")

    @property
    def goes_back_to(self) -> uuid.UUID | None:
        """Who works on the session again once no senior holds the handoff."""
        return self.returns_to or self.created_by


class HandoffEventKind(StrEnum):
    """What can happen to a handoff."""

    CREATED = "created"
    CLAIMED = "claimed"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    REMINDED = "reminded"
    EXPIRED = "expired"
    FIRST_ACTION = "first_action"
    CLAIMANT_ACTION = "claimant_action"
    ASSESSED = "assessed"
    ASKED = "asked"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    OPINION = "opinion"
    RESUMED = "resumed"
    CLOSED = "closed"


class HandoffEvent(TenantPart, Base):
    """One transition of a handoff. Rows are never changed or removed, so every claim stays known.

    `number` counts an account's events in the order in which they were committed, which is what a live stream
    resumes by. Events that did not happen here, such as imported ones, have no number.
    """

    __tablename__ = "handoff_events"
    __table_args__ = (
        tenant_key("handoff_id", "session_handoffs"),
        Index("handoff_events_handoff_idx", "account_id", "handoff_id", "created_at"),
        Index("handoff_events_report_idx", "account_id", "created_at", postgresql_include=["kind", "handoff_id"]),
        UniqueConstraint("account_id", "number"),
        one_of("kind", HandoffEventKind),
        {"info": {"append_only": True, "removable": ("content",)}},
    )

    handoff_id: Mapped[uuid.UUID]
    number: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    content: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = created_at()


class HandoffCounter(Base):
    """The number of an account's newest live event. Accounts without one have no row yet."""

    __tablename__ = "handoff_counters"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)
