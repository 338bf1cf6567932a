"""The handoffs of two windows, from what is kept of their days, or from the rows of days with news.

One statement reads both windows, which touch each other. What is kept has every handoff with its times, so a day
at the edge of a window is read whole, and each window takes what is in it. Days, news and rows are seen at one
moment. Days that this process has read before are not sent again: their versions are.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.memory import memory
from flowpilot.analytics.summed.moments import DAY, moment
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.summed.whole import whole_days
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.days.records import JOINED, PARTS, RECORDS, SELECTED
from flowpilot.identity.hours.queries import HOURS, history_in
from flowpilot.working_hours import HoursHistory

# As little as a day without a handoff takes.
_BYTES_OF_DAY = 1_000
_BYTES_OF_GROUP = 200

TYPES = {
    name: np.dtype([(field, type_) for field, (type_, _) in fields.items()]) for name, fields in PARTS.items()
}
_SEEN = np.dtype([("day", ">i4"), ("version", "V16")])

_END = "CAST(:end AS timestamptz)"
_DAYS = whole_days("handoff_days", "handoff_news", "CAST(:start AS timestamptz)", _END, end=_END)
_NOTHING = "'', '', '', '', '', '{}', '{}'"
_SQL = statement(
    f"""
WITH {_DAYS},
{RECORDS}
SELECT {", ".join(PARTS)}, groups, group_handoffs, version, NULL::bytea AS seen, NULL::json AS account_hours
FROM clean
WHERE NOT EXISTS (SELECT FROM unnest(CAST(:known AS uuid[])) AS known WHERE known = version)
UNION ALL SELECT {SELECTED}, NULL, NULL, NULL FROM stretches {JOINED}
UNION ALL SELECT {_NOTHING}, NULL,
    coalesce((SELECT string_agg(date_send(day) || uuid_send(version), '' ORDER BY day) FROM clean), ''), {HOURS}
""".replace("%(account_id)s", ":account_id")
)


@dataclass(frozen=True, slots=True)
class Day:
    """Records of handoffs, by the names of their parts, and one handoff of each group by its number."""

    parts: Mapping[str, Any]
    group_handoffs: Mapping[int, uuid.UUID]

    @property
    def n_bytes(self) -> int:
        """What it takes to remember it."""
        records: int = sum(part.nbytes for part in self.parts.values())
        return _BYTES_OF_DAY + records + _BYTES_OF_GROUP * len(self.group_handoffs)


@dataclass(frozen=True, slots=True)
class CleanDay:
    """A day without news: when it begins, which version it has, and what is kept of it."""

    begins: int
    version: bytes
    day: Day


@dataclass(frozen=True, slots=True)
class Handoffs:
    """What the statement has found: days without news, in their order, and the rows of stretches between them.

    `history` are the account's working hours.
    """

    account_id: uuid.UUID
    clean: Sequence[CleanDay]
    between: Sequence[Day]
    history: HoursHistory


def is_read_from_days(window: Window) -> bool:
    """Whether a report needs no handoff's rows on days without news: what narrows it is not kept of days."""
    return not window.only.asked


async def read_handoffs(db: ReadDb, first: Window, last: Window) -> Handoffs:
    """The handoffs of two windows, of which the first ends where the last begins, and perhaps a few beside."""
    key = last.account_id, "days", b""
    # Whatever is forgotten meanwhile is still here.
    known: Mapping[int, CleanDay] = memory.get(key) or {}
    start, end = moment(first.start), moment(last.end)
    versions = [one.version.hex() for one in known.values() if start - DAY < one.begins <= end]
    asked = {"account_id": last.account_id, "start": first.start, "end": last.end}
    rows = (await planned_once(db, _SQL, {**asked, "known": f"{{{','.join(versions)}}}"})).all()
    others = next(row for row in rows if row.seen is not None)
    between = [_day(row) for row in rows if row.version is None and row.seen is None]
    new = {row.version.bytes: _day(row) for row in rows if row.version is not None}
    days = {one.version: one.day for one in known.values()} | new
    seen: list[tuple[int, bytes]] = np.frombuffer(others.seen, _SEEN).tolist()
    clean = [CleanDay(day * DAY, version, days[version]) for day, version in seen]
    if new:
        found = {one.begins // DAY: one for one in clean}
        memory.keep_days(key, known, found, lambda one: one.day.n_bytes)
    return Handoffs(last.account_id, clean, between, history_in(others.account_hours))


def _day(row: Any) -> Day:
    parts = {name: np.frombuffer(getattr(row, name), dtype=type_) for name, type_ in TYPES.items()}
    return Day(parts, dict(zip(row.groups, row.group_handoffs, strict=True)))
