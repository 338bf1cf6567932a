"""Mappings that an account has saved."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from flowpilot.db.base import Base, Tenant, created_at


class SavedMapping(Tenant, Base):
    """A mapping by its name. `content` are the tables and keys of its TOML."""

    __tablename__ = "saved_mappings"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    name: Mapped[str]
    content: Mapped[dict[str, Any]]
    saved_by: Mapped[uuid.UUID | None]
    saved_at: Mapped[datetime] = created_at()
