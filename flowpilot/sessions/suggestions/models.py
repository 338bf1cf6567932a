"""What became of the copilot's suggestions."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, Index, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, one_of, tenant_key


class SuggestionResult(StrEnum):
    """What somebody did with a suggestion. Many suggest a question, which is done and solves nothing by itself."""

    SOLVED = "solved"
    NOT_HELPED = "not_helped"
    DONE = "done"
    DISMISSED = "dismissed"


class DismissalReason(StrEnum):
    """Why a suggestion is not followed."""

    NOT_APPLICABLE = "not_applicable"
    ALREADY_DONE = "already_done"
    WRONG = "wrong"
    OTHER = "other"


class SuggestionOutcome(Tenant, Base):
    """What became of one suggestion, where it was shown, and who proposed it with what.

    One that was done has its step, whose taking back takes this back; a dismissal has a reason and no step.
    `index` is its place in the list, from 1. `model` and `prompt_version` are those of an AI.
    """

    __tablename__ = "suggestion_outcomes"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        tenant_key("handoff_id", "session_handoffs"),
        tenant_key("step_id", "ai_session_steps"),
        one_of("result", SuggestionResult),
        one_of("reason", DismissalReason),
        CheckConstraint("source IN ('ai', 'rules')", "source"),
        CheckConstraint("(result = 'dismissed') = (reason IS NOT NULL)", "dismissed"),
        CheckConstraint("(result = 'dismissed') = (step_id IS NULL)", "done"),
        Index("suggestion_outcomes_session_idx", "account_id", "session_id"),
        Index("suggestion_outcomes_step_idx", "account_id", "step_id", postgresql_where="step_id IS NOT NULL"),
        Index("suggestion_outcomes_at_idx", "account_id", "at"),
    )

    session_id: Mapped[uuid.UUID]
    handoff_id: Mapped[uuid.UUID | None]
    step_id: Mapped[uuid.UUID | None]
    index: Mapped[int]
    action: Mapped[str]
    source: Mapped[str]
    model: Mapped[str | None]
    prompt_version: Mapped[str | None]
    result: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    by: Mapped[uuid.UUID | None]
    at: Mapped[datetime]


def dismissed_in(
    account_id: ColumnElement[uuid.UUID], session_id: ColumnElement[uuid.UUID]
) -> Select[Sequence[str]]:
    """The words of what was dismissed in a session; null if nothing was."""
    return select(func.array_agg(SuggestionOutcome.action)).where(
        SuggestionOutcome.account_id == account_id,
        SuggestionOutcome.session_id == session_id,
        SuggestionOutcome.result == SuggestionResult.DISMISSED,
    )
