"""Days of sessions in sums, which days have news since, and when they are summed up next."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Computed, Double, ForeignKey, Integer, Interval, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from flowpilot.db.base import Base, new_id


def _list(kind: type[TypeEngine[Any]]) -> Any:
    return mapped_column(ARRAY(kind))


def _added_list(kind: type[TypeEngine[Any]]) -> Any:
    """One that servers of a release before do not write: then it has less than the others."""
    return mapped_column(ARRAY(kind), server_default="{}")


# In the order in which they came. PostgreSQL makes it of whatever is written, also by servers of other releases.
_VERSION = " # ".join(
    f"hash_array_extended({name}, {seed})"
    for seed, name in enumerate(
        (
            *("kind_status", "kind_tier", "kind_n", "kind_steps", "kind_step_squares", "kind_step_cubes"),
            *("kind_rated", "kind_rating", "kind_rating_squares", "kind_rating_cubes", "kind_tickets"),
            *("kind_timed", "kind_duration", "kind_duration_squares", "kind_duration_cubes", "cell_domain"),
            *("cell_flow_id", "cell_n", "cell_resolved", "cell_escalated", "cell_guided", "cell_timed"),
            *("cell_duration", "cell_worked", "cell_answers", "cell_free_texts", "cell_leaving"),
            *("cell_uncharted", "end_quarter", "end_n", "end_duration", "end_squares", "end_cubes"),
            *("end_worked", "end_worked_squares", "end_worked_cubes", "begun_quarter", "begun_n"),
            *("begun_end_unknown", "over_quarter", "over_n"),
        ),
        start=1,
    )
)


class SessionDay(Base):
    """The sessions that were created on one day, in UTC, in sums: of each group one value in each list.

    `kind_…` has the groups of status and tier, where `open` is every status that is not an end, and `escalated`
    also stands for one that is requested; steps are only those of the resolved. `cell_…` has the groups of domain
    and flow, whose times are those of the resolved, and whose answers are those of all that are not open. `end_…`
    has the resolved by the quarter of an hour in which that was, counted from 1970, because zones differ by
    quarters. `begun_…` and `over_…` have all sessions by the quarters in which they began, and were resolved or
    abandoned: `sums.NEVER` if they are open, `sums.UNKNOWN` if their end has no known time. `version` is a digest
    of all lists, by which a server knows whether it has read the day before. Without a row a day is not summed up.
    """

    __tablename__ = "session_days"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind_status: Mapped[list[str]] = _list(Text)
    kind_tier: Mapped[list[str | None]] = _list(Text)
    kind_n: Mapped[list[int]] = _list(Integer)
    kind_steps: Mapped[list[int]] = _list(BigInteger)
    kind_step_squares: Mapped[list[float]] = _list(Double)
    kind_step_cubes: Mapped[list[float]] = _list(Double)
    kind_rated: Mapped[list[int]] = _list(Integer)
    kind_rating: Mapped[list[int]] = _list(Integer)
    kind_rating_squares: Mapped[list[int]] = _list(Integer)
    kind_rating_cubes: Mapped[list[int]] = _list(Integer)
    kind_tickets: Mapped[list[int]] = _list(Integer)
    kind_timed: Mapped[list[int]] = _list(Integer)
    kind_duration: Mapped[list[timedelta | None]] = _list(Interval)
    kind_duration_squares: Mapped[list[float | None]] = _list(Double)
    kind_duration_cubes: Mapped[list[float | None]] = _list(Double)
    cell_domain: Mapped[list[str | None]] = _list(Text)
    cell_flow_id: Mapped[list[uuid.UUID | None]] = _list(Uuid)
    cell_n: Mapped[list[int]] = _list(Integer)
    cell_resolved: Mapped[list[int]] = _list(Integer)
    cell_escalated: Mapped[list[int]] = _list(Integer)
    cell_guided: Mapped[list[int]] = _list(Integer)
    cell_timed: Mapped[list[int]] = _list(Integer)
    cell_duration: Mapped[list[timedelta | None]] = _list(Interval)
    cell_worked: Mapped[list[float | None]] = _list(Double)
    cell_answers: Mapped[list[int]] = _added_list(Integer)
    cell_free_texts: Mapped[list[int]] = _added_list(Integer)
    cell_leaving: Mapped[list[int]] = _added_list(Integer)
    cell_uncharted: Mapped[list[int]] = _added_list(Integer)
    end_quarter: Mapped[list[int]] = _list(Integer)
    end_n: Mapped[list[int]] = _list(Integer)
    end_duration: Mapped[list[timedelta]] = _list(Interval)
    end_squares: Mapped[list[float]] = _list(Double)
    end_cubes: Mapped[list[float]] = _list(Double)
    end_worked: Mapped[list[float]] = _list(Double)
    end_worked_squares: Mapped[list[float]] = _list(Double)
    end_worked_cubes: Mapped[list[float]] = _list(Double)
    begun_quarter: Mapped[list[int]] = _added_list(Integer)
    begun_n: Mapped[list[int]] = _added_list(Integer)
    begun_end_unknown: Mapped[list[int]] = _added_list(Integer)
    over_quarter: Mapped[list[int]] = _added_list(Integer)
    over_n: Mapped[list[int]] = _added_list(Integer)
    version: Mapped[int] = mapped_column(BigInteger, Computed(_VERSION, persisted=True))


class SessionNews(Base):
    """Something that counts has changed in sessions of a day: until it is summed up again, its rows are read.

    Each change adds a row in its own transaction, so nobody waits for anybody. What sums up the day removes those
    that it has seen.
    """

    __tablename__ = "session_news"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class SessionRoll(Base):
    """When the account's days with news are summed up next. Accounts without a session have no row yet."""

    __tablename__ = "session_rolls"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    due_at: Mapped[datetime]
