"""What a senior asks the engineer back. It pauses nothing: a question is not a step, and stops no clock."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class HandoffQuestion(Tenant, Base):
    """A question about a handoff, and its answer. It is open until it is answered or withdrawn.

    `edits`: what they said before they were corrected; a struck answer is empty.
    """

    __tablename__ = "handoff_questions"
    __table_args__ = (
        tenant_key("handoff_id", "session_handoffs"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", "answer"),
        CheckConstraint("answered_at IS NULL OR withdrawn_at IS NULL", "withdrawn_at"),
        Index("handoff_questions_handoff_idx", "account_id", "handoff_id", "asked_at"),
    )

    handoff_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[datetime] = created_at()
    question: Mapped[str]
    answered_by: Mapped[uuid.UUID | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    edits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_at is None and self.withdrawn_at is None
