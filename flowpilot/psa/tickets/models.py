"""What is remembered of tickets, which live in the ticket system."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, tenant_key


class PsaClosedTicket(Base):
    """When somebody last looked at a ticket and it was closed."""

    __tablename__ = "psa_closed_tickets"
    __table_args__ = (tenant_key("connection_id", "psa_connections"),)

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    connection_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
