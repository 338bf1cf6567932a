"""Days of sessions in short."""

import uuid
from datetime import date

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base


class SessionRecords(Base):
    """The sessions that were created on one day, in UTC: records of numbers that reports need one by one.

    Each part is bytes. `times` and `tickets` have a record for each session, in the order of its creation; the
    others name few of them by their place in it. `packed` says what a record has. `flows` are those that sessions
    of the day follow. What changes sessions marks its day in `session_news`, as for the sums of days. `version` is
    a digest of all of it, by which a server knows whether it has read the day before.
    """

    __tablename__ = "session_records"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[bytes] = mapped_column(LargeBinary)
    tickets: Mapped[bytes] = mapped_column(LargeBinary)
    worked: Mapped[bytes] = mapped_column(LargeBinary)
    fixes: Mapped[bytes] = mapped_column(LargeBinary)
    reopened: Mapped[bytes] = mapped_column(LargeBinary)
    handoffs: Mapped[bytes] = mapped_column(LargeBinary)
    flows: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    version: Mapped[uuid.UUID]
