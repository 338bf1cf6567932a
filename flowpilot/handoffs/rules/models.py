"""What an account asks of an escalation."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base


class EscalationSettings(Base):
    """What an account asks of an escalation. Accounts that ask nothing have no row.

    `rules`: by priority, what must be there and whether its lack is a warning or a refusal. `avoidable_reasons`:
    what could have spared an escalation, for seniors to choose from; null for the usual ones.
    """

    __tablename__ = "escalation_settings"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    avoidable_reasons: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
