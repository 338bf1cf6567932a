"""Proposals for what the flows do not cover, for review."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class FlowProposal(Tenant, Base):
    """A suggested new flow, or a change to one, with or without a reviewer's verdict."""

    __tablename__ = "flow_proposals"
    __table_args__ = (
        tenant_key("source_session_id", "ai_sessions"),
        CheckConstraint("status IN ('pending', 'approved', 'modified', 'rejected')", "status"),
        Index("flow_proposals_status_idx", "account_id", "status", "reviewed_at"),
    )

    kind: Mapped[str] = mapped_column(server_default="new_flow")
    status: Mapped[str] = mapped_column(server_default="pending")
    content: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    source_session_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    reviewed_by: Mapped[uuid.UUID | None]
    reviewed_at: Mapped[datetime | None]
