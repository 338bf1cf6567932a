"""When an account's flows are examined next."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base


class FlowCheck(Base):
    """The time of the account's next check. Accounts that have published nothing have no row yet."""

    __tablename__ = "flow_checks"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    due_at: Mapped[datetime]
