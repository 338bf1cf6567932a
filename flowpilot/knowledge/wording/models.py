"""What the AI was asked to do with drafts, and what became of it."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key


class Task(StrEnum):
    """To word a draft whose steps stand, or to draft a flow from its article."""

    WORD = "word"
    DRAFT = "draft"


class TaskStatus(StrEnum):
    """Whether the AI's answer is awaited, was taken over, or was not."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


class AiTask(Tenant, Base):
    """One request to the AI about the draft of a proposal, or about the draft `version_id` of a flow.

    `problem` says why nothing was taken over. `changes` are the texts before and after, where they differ.
    """

    __tablename__ = "ai_tasks"
    __table_args__ = (
        tenant_key("proposal_id", "flow_proposals"),
        tenant_key("flow_id", "trees"),
        one_of("task", Task),
        one_of("status", TaskStatus),
        CheckConstraint("num_nonnulls(proposal_id, flow_id) = 1", "about"),
        Index(None, "account_id", "proposal_id"),
        Index(None, "account_id", "flow_id"),
    )

    task: Mapped[str]
    proposal_id: Mapped[uuid.UUID | None]
    flow_id: Mapped[uuid.UUID | None]
    version_id: Mapped[uuid.UUID | None]
    status: Mapped[str] = mapped_column(server_default=TaskStatus.ASKED)
    problem: Mapped[str] = mapped_column(server_default="")
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), server_default="[]")
    asked_by: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = created_at()
    ended_at: Mapped[datetime | None]
