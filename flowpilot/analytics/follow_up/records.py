"""The follow-up's times from what is kept of days (`records/reading`), for a window and the one before.

Zones have their days by PostgreSQL's tables, in quarters of an hour (`summed/sources`), which is so since 2012.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from flowpilot.analytics.estimates.grouped import Grouped, joined
from flowpilot.analytics.follow_up.equal import AtAge
from flowpilot.analytics.follow_up.opened import (
    PARTS,
    Counted,
    OpenedDay,
    counted,
    opened_of,
    seconds_of_step,
    step_of,
)
from flowpilot.analytics.follow_up.opened import Opened as OpenedOn
from flowpilot.analytics.follow_up.times import Opened
from flowpilot.analytics.period import Window
from flowpilot.analytics.records.reading import Days, Found, Of, over_records, read_records
from flowpilot.analytics.records.sessions import Times, numbers_of, seconds_of
from flowpilot.analytics.summed.moments import moment
from flowpilot.analytics.summed.sources import calendar
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in

_FIRST = moment(datetime(2012, 1, 1, tzinfo=UTC))
_QUARTER, _SINCE_1970 = 900_000_000, 946_684_800_000_000

_ENDS = """
    SELECT day::timestamp AT TIME ZONE 'UTC' AS at FROM clean
    UNION ALL SELECT (day + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond' FROM clean
    UNION ALL SELECT created_at FROM sessions
"""
_CALENDAR = f"""
, spans AS MATERIALIZED (
    SELECT ARRAY[floor(date_part('epoch', min(at)) / 900), floor(date_part('epoch', max(at)) / 900)] AS quarters
    FROM ({_ENDS}) ends
), {calendar("spans", "quarters")}
"""
_SQL = over_records(
    PARTS,
    [
        ("account_hours", "json", HOURS.removesuffix(" AS account_hours")),
        ("first_day", "date", "(SELECT first FROM calendar)"),
        ("begins", "int[]", "(SELECT begins FROM calendar)"),
    ],
    _CALENDAR,
)


@dataclass(frozen=True, slots=True)
class OpenedRecords:
    """What was read: of the window, and from the window before on if that is compared."""

    window: Window
    start: int
    old: int
    found: Found

    @property
    def is_large(self) -> bool:
        """Whether it takes so long that others should not wait for what is made of it."""
        return self.found.is_large

    def days(self) -> list[tuple[int, OpenedDay]] | None:
        """All days, and parts of days, with their beginnings; None if one is of a time with other zones."""
        as_of, others = moment(self.window.as_of), self.found.others
        begins = np.array(others.begins or [], dtype=np.int64) * _QUARTER - _SINCE_1970
        first_day = others.first_day.toordinal() if others.first_day else 0
        read: Days[OpenedDay] = self.found.made(lambda sessions, _: opened_of(sessions, begins, first_day, as_of))
        days = list(read.whole.items())
        edges = sorted({self.start, moment(self.window.start), moment(self.window.end), self.old})
        for sessions in read.near:
            for start, end in pairwise(edges):
                part = sessions.within(start, end)
                if part.created_at.size:
                    days.append((start, opened_of(part, begins, first_day, as_of)))
        if any(begin < _FIRST for begin, one in days if one.n):
            return None
        return days


async def read_opened_records(db: ReadDb, window: Window, *, since: datetime, old: datetime) -> OpenedRecords:
    """Read the sessions of the window, and of the time before it since then; they are `old` before that moment."""
    start, end = moment(since), moment(window.end)
    cut = min(max(moment(old) + 1, start), end)
    of = Of((window.account_id, "follow-up", window.timezone.encode()), start, end, (moment(window.start), cut))
    as_of = moment(window.as_of)
    found = await read_records(db, _SQL, PARTS, of, lambda day: bool(day.latest <= as_of), tz=window.timezone)
    return OpenedRecords(window, start, cut, found)


def opened(read: OpenedRecords, days: Sequence[tuple[int, OpenedDay]]) -> Opened:
    """What the report needs of the window's sessions."""
    window = read.window
    start, as_of = moment(window.start), moment(window.as_of)
    within = [day for begin, day in days if begin >= start]
    pieces = [piece for day in within for piece in day.days]
    numbers = {day: number for number, day in enumerate(sorted({piece.day for piece in pieces}))}
    history = history_in(read.found.others.account_hours)
    later = [_Later(piece, numbers[piece.day], as_of) for piece in pieces if piece.later.created_at.size]
    worked = None
    if history.has_hours(window.start, window.as_of):
        counts = [(numbers[piece.day], piece.worked or piece.ended) for piece in pieces]
        worked = _ended([*counts, *((one.number, one.worked) for one in later)])
    ended = [(numbers[piece.day], piece.ended) for piece in pieces]
    return Opened(
        n=sum(day.n for day in within),
        n_unknown=sum(day.n_unknown for day in within),
        n_escalated=sum(day.n_handed + int(np.count_nonzero(day.handed_at <= as_of)) for day in within),
        days=[date.fromordinal(day) for day in numbers],
        resolved=_ended([*ended, *((one.number, one.ended) for one in later)]),
        lasting=_lasting(pieces, numbers, later, as_of),
        worked=worked,
        history=history,
    )


def _ended(parts: Sequence[tuple[int, Counted]]) -> Grouped:
    """Times that have ended, each part with the number of its day."""
    if not parts:
        return joined([])
    groups = np.repeat([number for number, _ in parts], [counted.steps.size for _, counted in parts])
    steps, counts = (np.concatenate(columns) for columns in zip(*(counted for _, counted in parts), strict=True))
    return Grouped(groups, seconds_of_step(steps), counts.astype(np.int64), np.ones(steps.size, dtype=bool))


class _Later:
    """Those of a day that were not resolved when it was made, at a moment."""

    def __init__(self, piece: OpenedOn, number: int, as_of: int) -> None:
        self.number, self._later = number, piece.later
        self._is_ended = piece.later.resolved_at <= as_of

    @property
    def lasting(self) -> Times:
        """When those began that are not resolved."""
        return self._later.created_at[~self._is_ended]

    @property
    def ended(self) -> Counted:
        """The times of those that are."""
        return counted(step_of(self._later.clock[self._is_ended]))

    @property
    def worked(self) -> Counted:
        """Their working times."""
        return counted(step_of(self._later.worked[self._is_ended]))


def _lasting(pieces: Sequence[OpenedOn], numbers: Any, later: Sequence[_Later], as_of: int) -> Grouped:
    begun = [(numbers[piece.day], numbers_of(piece.lasting)) for piece in pieces]
    begun += [(one.number, one.lasting) for one in later]
    created = np.concatenate([each for _, each in begun]) if begun else np.zeros(0, dtype=np.int64)
    groups = np.repeat([number for number, _ in begun], [each.size for _, each in begun]).astype(np.int64)
    steps = step_of(np.maximum(0, seconds_of(as_of - created)))
    # Those of one day are in the order of their beginning, so equal ones are beside each other.
    firsts = np.flatnonzero(np.diff(steps, prepend=-1) | np.diff(groups, prepend=-1))
    counts = np.diff(firsts, append=steps.size)
    return Grouped(groups[firsts], seconds_of_step(steps[firsts]), counts, np.zeros(firsts.size, dtype=bool))


def at_age(read: OpenedRecords, days: Iterable[tuple[int, OpenedDay]], watched: int, *, before: bool) -> AtAge:
    """What had happened to sessions of the window, or of the one before, at the age of so many microseconds."""
    start = moment(read.window.start)
    within = [(begin, day) for begin, day in days if (begin < start) == before]
    since = read.start if before else start
    old = [day for begin, day in within if begin < read.old]
    resolved = [numbers_of(day.resolved) for day in old]
    return AtAge(
        n=sum(day.n_known for day in old),
        n_too_young=sum(day.n for begin, day in within if begin >= read.old),
        escalated=sum(
            int(np.searchsorted(numbers_of(day.escalated), watched, side="right"))
            + int(np.count_nonzero((day.early.early_at >= since) | (day.early.wait <= watched)))
            for day in old
        ),
        resolved=seconds_of(
            np.concatenate([ages[: np.searchsorted(ages, watched, side="right")] for ages in resolved])
            if resolved
            else np.zeros(0, dtype=np.int64)
        ),
    )
