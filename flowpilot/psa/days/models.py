"""Days of what reached the ticket system in sums, and which days have news since."""

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, new_id


class PsaDay(Base):
    """The pushes that ended on one day, in UTC, and its time entries, in sums.

    `pushes`, `pushed` and `pushed_by_retry` count those of a session. Hours are in ten-thousandths, as they are
    stored. `entry_…` has the time entries by the quarter of an hour, counted from 1970, because zones differ by
    quarters. A window counts a session once: `…_first` are the sessions that had none before this day, and
    `…_before` says of each other one when it had its last before this day.
    """

    __tablename__ = "psa_days"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    pushes: Mapped[int]
    pushed: Mapped[int]
    pushed_by_retry: Mapped[int]
    elsewhere: Mapped[int]
    pushed_first: Mapped[int]
    pushed_before: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    entries: Mapped[int]
    hours: Mapped[int] = mapped_column(BigInteger)
    entry_quarter: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    entry_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    entry_hours: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    logged_first: Mapped[int]
    logged_before: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))


class PsaNews(Base):
    """A push or a time entry of a day has changed: until it is summed up again, its rows are read.

    As with `SessionNews`, each change adds a row, and nobody waits for anybody.
    """

    __tablename__ = "psa_news"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
