"""Days of handoffs in short, and which days have news since."""

import uuid
from datetime import date

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Integer, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, new_id


class HandoffDay(Base):
    """The handoffs of one day, in UTC: one record each, in bytes, of numbers that reports need one by one.

    `created` has those that were created on it, `claimed` those whose claim is of it, and `claims` the claims
    among its events. `days/records` says what a record has. Each names its group, of handoffs with the same reason
    and domain, by a number; `group_handoffs` has one of each group, in which the words are. `version` is a digest
    of all of this, by which a server knows whether it has read the day before. `begun_…` and `over_…` are of those
    that were created: in which quarters of an hour they began and were closed, as in `SessionDay`.
    """

    __tablename__ = "handoff_days"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    created: Mapped[bytes] = mapped_column(LargeBinary)
    claimed: Mapped[bytes] = mapped_column(LargeBinary)
    claims: Mapped[bytes] = mapped_column(LargeBinary)
    groups: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    group_handoffs: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    created_more: Mapped[bytes] = mapped_column(LargeBinary)
    claimed_more: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[uuid.UUID]
    begun_quarter: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    begun_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    over_quarter: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    over_n: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class HandoffNews(Base):
    """Something that counts has changed in handoffs of a day: until it is made again, its rows are read.

    As with `SessionNews`, each change adds a row, and nobody waits for anybody.
    """

    __tablename__ = "handoff_news"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
