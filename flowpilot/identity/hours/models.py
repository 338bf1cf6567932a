"""The working hours of an account, with their history."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at


class AccountHours(Tenant, Base):
    """Working hours from a day on, until the next ones; `valid_from` null is always before.

    `spans` are `{weekday, start, end}` (ISO: Monday is 1) in `timezone`; an end that is not later is that of the
    next day. Null: around the clock. `holidays` are `{date, name}`.
    """

    __tablename__ = "account_hours"
    __table_args__ = (UniqueConstraint("account_id", "valid_from", postgresql_nulls_not_distinct=True),)

    valid_from: Mapped[date | None]
    timezone: Mapped[str]
    spans: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    holidays: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
