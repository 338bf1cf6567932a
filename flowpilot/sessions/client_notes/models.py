"""What is different at a step of a flow for one client."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, one_of, tenant_key


class NoteMode(StrEnum):
    """How a note is shown: beside what the flow says, or instead of its text."""

    BESIDE = "beside"
    INSTEAD = "instead"


class FlowClientNote(Tenant, Base):
    """A note for a client at a node of a flow, in all versions that have the node."""

    __tablename__ = "flow_client_notes"
    __table_args__ = (
        tenant_key("flow_id", "trees"),
        tenant_key("client_id", "clients"),
        one_of("mode", NoteMode),
        UniqueConstraint("account_id", "client_id", "flow_id", "node"),
        Index(None, "account_id", "flow_id"),
    )

    flow_id: Mapped[uuid.UUID]
    node: Mapped[str]
    client_id: Mapped[uuid.UUID]
    mode: Mapped[str] = mapped_column(server_default=NoteMode.BESIDE)
    text: Mapped[str]
    written_by: Mapped[uuid.UUID | None]
    written_at: Mapped[datetime]
