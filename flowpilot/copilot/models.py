"""How much each account uses the AI, for its budget."""

from datetime import date

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant


class AiUsage(Tenant, Base):
    """One account's use of the AI on one day (UTC)."""

    __tablename__ = "ai_usage"
    __table_args__ = (UniqueConstraint("account_id", "day"),)

    day: Mapped[date]
    requests: Mapped[int] = mapped_column(server_default="0")
    tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
