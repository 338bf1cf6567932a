"""What reports read of single sessions: whole days from what is kept of them, and the rest from the rows.

A report makes something of each day that lies wholly in what it asks about, and the server process remembers that
(`summed/memory`) with the day's version. So the records of a day are sent once; of days at an edge, and of the
rows of days with news, they are sent each time. Days, news and rows are seen at one moment, by one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import numpy as np
from sqlalchemy import TextClause

from flowpilot.analytics.period import Window
from flowpilot.analytics.records.sessions import TYPES, Sessions, no_sessions, sessions_of
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.large import MANY
from flowpilot.analytics.summed.memory import Key, memory
from flowpilot.analytics.summed.moments import DAY, time_of
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.summed.whole import whole_days
from flowpilot.db.session import ReadDb
from flowpilot.sessions.records.packed import RECORDS, joined, selected

_SEEN = np.dtype([("day", ">i4"), ("version", "V16")])

_LAST = "CAST(:last AS timestamptz)"
_DAYS = whole_days(
    *("session_records", "session_news", "CAST(:first AS timestamptz)", _LAST),
    end=f"{_LAST} + interval '1 microsecond'",
)

# What a report makes of a day.
Made = TypeVar("Made", bound="MadeOfDay")


class MadeOfDay(Protocol):
    """What a report makes of a day: of so many sessions, and how much memory it takes."""

    @property
    def n(self) -> int:
        """How many sessions it is about."""

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""


def is_read_from_records(window: Window) -> bool:
    """Whether a report needs no session's rows on days without news: what narrows it is not kept of days."""
    return not window.only.asked


def over_records(parts: Sequence[str], more: Sequence[tuple[str, str, str]] = (), also: str = "") -> TextClause:
    """The statement that reads these parts of days and rows.

    Args:
        more: other columns, which only the last row has: of each its name, its type and its SQL.
        also: parts (`WITH`) for them, each with a comma before it.
    """
    named = "".join(f", NULL::{kind} AS {name}" for name, kind, _ in more)
    none = ", NULL" * len(more)
    others = "".join(f", {sql}" for _, _, sql in more)
    empty = ", ".join("''" for _ in parts)
    flows = "flows" if "tickets" in parts else "CAST('{}' AS uuid[])"
    return statement(
        f"""
WITH {_DAYS},
{RECORDS}{also}
SELECT {", ".join(parts)}, {flows} AS flows, version, NULL::bytea AS seen{named}
FROM clean
WHERE NOT EXISTS (SELECT FROM unnest(CAST(:known AS uuid[])) AS known WHERE known = version)
UNION ALL SELECT {selected(parts)}, NULL, NULL{none} FROM stretches {joined(parts)}
UNION ALL SELECT {empty}, '{{}}', NULL,
    coalesce((SELECT string_agg(date_send(day) || uuid_send(version), '' ORDER BY day) FROM clean), ''){others}
""".replace("%(account_id)s", ":account_id")
    )


@dataclass(frozen=True, slots=True)
class Of:
    """What is asked: the sessions of some time, from `start` to before `end`.

    `key` says what is made of days, by which it is remembered. A day that is cut by an edge is needed itself.
    """

    key: Key
    start: int
    end: int
    edges: Sequence[int] = ()

    @property
    def near(self) -> frozenset[int]:
        """The days that are cut."""
        return frozenset(at // DAY for at in (self.start, self.end, *self.edges) if at % DAY)


@dataclass(frozen=True, slots=True)
class Days(Generic[Made]):
    """What was found: what is made of whole days, by when they begin, and the sessions of all else.

    `others` has the columns that were asked for beside them.
    """

    whole: Mapping[int, Made]
    near: Sequence[Sessions]
    others: Any


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of the statement, and what was remembered before."""

    of: Of
    parts: Sequence[str]
    kept: Mapping[int, tuple[bytes, Any]]
    known: Mapping[int, tuple[bytes, Any]]
    rows: Sequence[Any]
    others: Any

    @property
    def is_large(self) -> bool:
        """Whether it takes so long that others should not wait for what is made of it."""
        sent = sum(len(row.times) for row in self.rows)
        known = sum(one.n for _, one in self.known.values())
        is_many: bool = sent // TYPES["times"].itemsize + known > MANY
        return is_many

    def made(self, make: Callable[[Sessions, Any], Made]) -> Days[Made]:
        """Make of new days what is remembered of them."""
        sent = {row.version.bytes: sessions_of(row, self.parts) for row in self.rows if row.version is not None}
        near = [sessions_of(row, self.parts) for row in self.rows if row.version is None and row.seen is None]
        days, found = self.of.near, {}
        seen: list[tuple[int, bytes]] = np.frombuffer(self.others.seen, _SEEN).tolist()
        for day, version in seen:
            if day not in days and day in self.known and self.known[day][0] == version:
                found[day] = self.known[day]
                continue
            # Days without a session have the same version, so it may be known of another one.
            sessions = sent.get(version) or no_sessions(self.parts)
            if day in days:
                near.append(sessions)
            else:
                found[day] = version, make(sessions, self.others)
        if any(one is not self.known.get(day) for day, one in found.items()):
            memory.keep_days(self.of.key, self.kept, found, lambda one: one[1].n_bytes)
        return Days({day * DAY: one for day, (_, one) in found.items()}, near, self.others)


async def read_records(
    db: ReadDb,
    sql: TextClause,
    parts: Sequence[str],
    of: Of,
    is_known: Callable[[Any], bool] = lambda _: True,
    **values: Any,
) -> Found:
    """Read what is asked, without the days of which something is remembered for which `is_known` holds."""
    account_id: UUID = of.key[0]
    kept: Mapping[int, tuple[bytes, Any]] = memory.get(of.key) or {}
    near, first, last = of.near, of.start // DAY, (of.end - 1) // DAY
    known = {
        day: one for day, one in kept.items() if first <= day <= last and day not in near and is_known(one[1])
    }
    versions = ",".join(version.hex() for version, _ in known.values())
    asked = {"account_id": account_id, "first": time_of(of.start), "last": time_of(of.end - 1), **values}
    rows = (await planned_once(db, sql, {**asked, "known": f"{{{versions}}}"})).all()
    others = next(row for row in rows if row.seen is not None)
    return Found(of, parts, kept, known, rows, others)
