"""Files that people add to their work, and their bytes in a table of their own."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class Attachment(Tenant, Base):
    """A picture or another file. Its bytes are in chunks, so that no list reads them.

    It belongs to nothing until `attached_at`, and from then on to one session or to one flow; which step, handoff
    or node shows it is written there. Other flows of the account may show the file of a flow, too. `width` and
    `height`, in pixels, and `thumbnail_bytes` are pictures'. `goes_to_ticket`: it is posted with the session's
    note. `is_erased`: its bytes and its name were removed.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        tenant_key("flow_id", "trees"),
        CheckConstraint("session_id IS NULL OR flow_id IS NULL", "owner"),
        CheckConstraint("(attached_at IS NULL) = (session_id IS NULL AND flow_id IS NULL)", "attached_at"),
        CheckConstraint("byte_count >= 0", "byte_count"),
        # What an account keeps is added up at every upload.
        Index("attachments_sizes_idx", "account_id", postgresql_include=["byte_count"]),
        Index(
            "attachments_session_idx",
            "account_id",
            "session_id",
            postgresql_where="session_id IS NOT NULL",
        ),
    )

    name: Mapped[str]
    media_type: Mapped[str]
    byte_count: Mapped[int]
    sha256: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumbnail_bytes: Mapped[int | None]
    goes_to_ticket: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    attached_at: Mapped[datetime | None]
    session_id: Mapped[uuid.UUID | None]
    flow_id: Mapped[uuid.UUID | None]
    is_erased: Mapped[bool] = mapped_column(server_default="false")


class AttachmentChunk(Base):
    """A piece of a file, or of its thumbnail, in the order of `position`."""

    __tablename__ = "attachment_chunks"
    __table_args__ = (tenant_key("attachment_id", "attachments"),)

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    attachment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    is_thumbnail: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes]
