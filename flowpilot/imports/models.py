"""Which files were imported, so that no file is counted twice, and what each of them brought."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, TenantPart, created_at, one_of, tenant_key


class ImportRun(Tenant, Base):
    """One finished import. `digest` is the SHA-256 of the unpacked file and the mapping, in hex.

    `warnings` lists what could not be kept, as `{ticket, field, text, begins}`: `text` is the time of an end in
    the log, and `begins` that of its beginning. `rules` is the mapping itself, the columns of the rows in
    `import_cases`, and which names are members of the account; null if the import is from before those.
    `undoing_since`: somebody asked to undo it then.
    """

    __tablename__ = "import_runs"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    digest: Mapped[str]
    file_name: Mapped[str]
    mapping: Mapped[str]
    counts: Mapped[dict[str, Any]]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    rules: Mapped[dict[str, Any] | None]
    undoing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class ItemKind(StrEnum):
    """What an import can bring that stands for itself."""

    SESSION = "session"
    PERSON = "person"
    CLIENT = "client"


class ImportItem(TenantPart, Base):
    """A session, a person or a client that an import brought; `id` is its own.

    Of a session, `steps` and `events` (of its handoffs) are how many imports have written: if there are others
    now, somebody has worked on it. They are null if the import is from before FlowPilot counted them.
    """

    __tablename__ = "import_items"
    __table_args__ = (
        tenant_key("run_id", "import_runs"),
        one_of("kind", ItemKind),
        Index("import_items_run_idx", "account_id", "run_id", "kind"),
    )

    run_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    steps: Mapped[int | None]
    events: Mapped[int | None]


class ImportCase(TenantPart, Base):
    """What one import said of a session: its rows, each with a value for each column of the run's `rules`.

    Empty once words of the session were removed for good.
    """

    __tablename__ = "import_cases"
    __table_args__ = (
        tenant_key("run_id", "import_runs"),
        tenant_key("session_id", "ai_sessions"),
        UniqueConstraint("account_id", "session_id", "run_id"),
        Index("import_cases_run_idx", "account_id", "run_id"),
    )

    run_id: Mapped[uuid.UUID]
    session_id: Mapped[uuid.UUID]
    rows: Mapped[list[list[str | None]]] = mapped_column(JSONB)
