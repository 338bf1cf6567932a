"""What was sent to the ticket system (PSA), and what it recorded: what the reports count."""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class PsaPostLog(Tenant, Base):
    """One push of a session's note to its ticket, however many tries it took.

    `success` only once the note was seen on the ticket. `retry_count` counts the tries before the last;
    `posted_at` is when it ended. Rows without a posting are from an import or from demo data.
    """

    __tablename__ = "psa_post_logs"
    __table_args__ = (
        tenant_key("ai_session_id", "ai_sessions"),
        tenant_key("posting_id", "psa_postings"),
        CheckConstraint("status IN ('success', 'failed', 'pending')", "status"),
        Index(
            "psa_post_logs_report_idx",
            "account_id",
            "posted_at",
            postgresql_include=["status", "retry_count", "ai_session_id"],
        ),
        Index("psa_post_logs_posting_idx", "account_id", "posting_id", unique=True),
        Index("psa_post_logs_session_idx", "account_id", "ai_session_id"),
        Index("psa_post_logs_elsewhere_idx", "account_id", "posted_at", postgresql_where="posting_id IS NULL"),
    )

    ai_session_id: Mapped[uuid.UUID | None]
    posting_id: Mapped[uuid.UUID | None]
    ticket_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="pending")
    retry_count: Mapped[int] = mapped_column(server_default="0")
    external_id: Mapped[str | None]
    posted_at: Mapped[datetime | None]


class PsaActivityLog(Tenant, Base):
    """One thing that FlowPilot added to the ticket system and has seen there; its id is its posting step's."""

    __tablename__ = "psa_activity_logs"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        CheckConstraint("activity_type IN ('note_posted', 'time_entry_posted', 'status_updated')", "type"),
        Index(
            "psa_activity_logs_report_idx",
            "account_id",
            "activity_type",
            "created_at",
            postgresql_include=["hours_logged", "session_id"],
        ),
        Index("psa_activity_logs_session_idx", "account_id", "session_id"),
    )

    session_id: Mapped[uuid.UUID | None]
    activity_type: Mapped[str]
    hours_logged: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    created_at: Mapped[datetime] = created_at()
