"""The verbal handoffs that somebody timed."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at


class Method(StrEnum):
    """How the time is known: measured as it happened, or entered afterwards."""

    STOPWATCH = "stopwatch"
    ENTERED = "entered"


class HandoffBaseline(Tenant, Base):
    """One verbal handoff that somebody timed: what a savings claim is measured against.

    `seconds` is null while the stopwatch runs. An excluded one is kept, with the reason.
    """

    __tablename__ = "handoff_baselines"
    __table_args__ = (
        CheckConstraint("method IN ('stopwatch', 'entered')", "method"),
        CheckConstraint("seconds > 0", "seconds"),
        Index(None, "account_id", "created_at"),
    )

    seconds: Mapped[float | None]
    method: Mapped[str]
    measured_by: Mapped[uuid.UUID]
    note: Mapped[str] = mapped_column(server_default="")
    problem_domain: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()
    stopped_at: Mapped[datetime | None]
    excluded_reason: Mapped[str | None]
    excluded_by: Mapped[uuid.UUID | None]
    excluded_at: Mapped[datetime | None]
