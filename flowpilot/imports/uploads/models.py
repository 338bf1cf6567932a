"""Files that were uploaded for an import, and how far the import of each has come."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key


class UploadState(StrEnum):
    """What happens with an upload: it is kept to be looked at, it waits for its turn, and so on."""

    KEPT = "kept"
    WAITING = "waiting"
    LOADING = "loading"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class ImportUpload(Tenant, Base):
    """A file that somebody uploaded. Its bytes are in chunks until it was imported, or for a day.

    `choices` are what was last chosen on its page. `mapping` is what it is imported with. While it is, `phase` and
    `fraction` (from 0 to 1, within the phase) say how far it has come, and `is_stopping` that somebody asked to
    stop. `problem` says why it failed, for a person. `run_id` is the import that it became.
    """

    __tablename__ = "import_uploads"
    __table_args__ = (
        one_of("state", UploadState),
        CheckConstraint("fraction BETWEEN 0 AND 1", "fraction"),
    )

    name: Mapped[str]
    byte_count: Mapped[int]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    state: Mapped[str] = mapped_column(server_default="kept")
    choices: Mapped[dict[str, Any] | None]
    mapping: Mapped[dict[str, Any] | None]
    phase: Mapped[str | None]
    fraction: Mapped[float | None]
    is_stopping: Mapped[bool] = mapped_column(server_default="false")
    problem: Mapped[str | None]
    run_id: Mapped[uuid.UUID | None]


class ImportChunk(Base):
    """A piece of an upload, in the order of `position`."""

    __tablename__ = "import_chunks"
    __table_args__ = (tenant_key("upload_id", "import_uploads"),)

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    upload_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes]
