"""Which files were imported, so that no file is counted twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at


class ImportRun(Tenant, Base):
    """One finished import. `digest` is the SHA-256 of the unpacked file and the mapping, in hex.

    `warnings` lists what could not be kept, as `{ticket, field, text, begins}`: `text` is the time of an end in
    the log, and `begins` that of its beginning.
    """

    __tablename__ = "import_runs"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    digest: Mapped[str]
    file_name: Mapped[str]
    mapping: Mapped[str]
    counts: Mapped[dict[str, Any]]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    created_at: Mapped[datetime] = created_at()
