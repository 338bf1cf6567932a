"""Working hours: when a help desk is open, how its working time passes, and how both change. Pure functions."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a minute of a day to a later one. 24:00 is minute 1,440, and what is later is of the next day."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Wall-clock hours in a zone: the spans that begin on each day of the week (ISO: Monday is 1).

    On a holiday none begins; one that began the day before goes on until its end.
    """

    spans: Mapping[int, Sequence[Span]]
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    @property
    def days(self) -> frozenset[int]:
        """The days of the week on which work begins."""
        return frozenset(day for day, spans in self.spans.items() if spans)

    def opening(self, day: int) -> time:
        """When work begins on a day of the week that has hours."""
        return time(*divmod(min(self.spans[day]).start, 60))


@dataclass(frozen=True, slots=True)
class HoursHistory:
    """Which hours were valid when: each from its moment until the next one's. None: around the clock.

    Before the first one, the account worked around the clock.
    """

    moments: Sequence[datetime] = ()
    hours: Sequence[WorkingHours | None] = field(default=())

    def at(self, moment: datetime) -> WorkingHours | None:
        """The hours that are valid at a moment."""
        place = bisect_right(self.moments, moment)
        return self.hours[place - 1] if place else None

    def has_hours(self, start: datetime, end: datetime) -> bool:
        """Whether any of the time is not working time by itself: otherwise the account works around the clock."""
        return any(hours is not None for _, _, hours in self.between(start, end))

    def between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, WorkingHours | None]]:
        """The parts of a stretch of time, each with its hours."""
        while start < end:
            place = bisect_right(self.moments, start)
            until = min(end, self.moments[place]) if place < len(self.moments) else end
            yield start, until, self.hours[place - 1] if place else None
            start = until


AROUND_THE_CLOCK = HoursHistory()


def parse_clock(text: str) -> int:
    """The minute of the day of `08:30`, `00:00` to `24:00`.

    Raises:
        ValueError: it is not a time of day.
    """
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isascii() and minute.isascii() and hour.isdigit() and len(minute) == 2):
        raise ValueError(f"{text!r} is not a time such as 08:30 or 24:00")
    found = 60 * int(hour) + int(minute)
    if int(minute) > 59 or found > _MINUTES:
        raise ValueError(f"{text!r} is not between 00:00 and 24:00")
    return found


def span(start: str, end: str) -> Span:
    """A span from a time to a later one; an end that is not later is that of the next day.

    Raises:
        ValueError: one of them is not a time, or it begins at 24:00, or both are the same.
    """
    first, last = parse_clock(start), parse_clock(end)
    if first == _MINUTES:
        raise ValueError("hours begin at 23:59 at the latest")
    if first == last:
        raise ValueError("hours that begin and end at the same time are none; a whole day is 00:00 to 24:00")
    return Span(first, last if last > first else last + _MINUTES)


def same_each_day(days: Collection[int], start: time, end: time, zone: ZoneInfo) -> WorkingHours:
    """The same hours on some days of the week."""
    one = Span(60 * start.hour + start.minute, 60 * end.hour + end.minute)
    return WorkingHours(dict.fromkeys(days, (one,)), zone)


def begins_at(day: date, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which a calendar day begins in a zone."""
    return _at(day, 0, zone)


def after_work(since: datetime, length: timedelta, hours: WorkingHours | None) -> datetime:
    """The moment, in UTC, at which so much working time has passed. Without hours, all time is working time.

    A local time that a change of the clocks skips or repeats is read as calendars read it (RFC 5545): with the
    offset from before the change.
    """
    moment = since.astimezone(UTC)
    if hours is None:
        return moment + length
    for opening, closing in _stretches(moment, hours):
        moment = max(moment, opening)
        if closing <= moment:
            continue
        if moment + length <= closing:
            return moment + length
        length -= closing - moment
        moment = closing
    raise AssertionError("The days of the week do not end.")


def worked(start: datetime, end: datetime, history: HoursHistory) -> timedelta:
    """The working time between two moments, by the hours that were valid at each time."""
    return sum((closing - opening for opening, closing in pieces(start, end, history)), timedelta())


def pieces(start: datetime, end: datetime, history: HoursHistory) -> Iterator[tuple[datetime, datetime]]:
    """The working time between two moments, piece by piece, the earliest first; no two overlap."""
    for since, until, hours in history.between(start, end):
        if hours is None:
            yield since, until
        else:
            yield from _pieces(since, until, hours)


def work_seconds(start: datetime | None, end: datetime | None, history: HoursHistory) -> float | None:
    """The working time in seconds, as it is stored beside a duration.

    None: one end is not known, or all of the time was working time, which is the duration itself.
    """
    if start is None or end is None or not history.has_hours(start, end):
        return None
    return worked(start, end, history).total_seconds()


def _pieces(start: datetime, end: datetime, hours: WorkingHours) -> Iterator[tuple[datetime, datetime]]:
    reached, end = start.astimezone(UTC), end.astimezone(UTC)
    for opening, closing in sorted(_until(end, _stretches(reached, hours))):
        since, until = max(opening, reached), min(closing, end)
        if until > since:
            yield since, until
            reached = until


def _until(end: datetime, stretches: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    for opening, closing in stretches:
        if opening >= end + _DAY:  # A change of the clocks can put a later one before it.
            return
        yield opening, closing


def _stretches(since: datetime, hours: WorkingHours) -> Iterator[tuple[datetime, datetime]]:
    """The opening and closing times of the spans that are not over yet, day by day.

    One that a change of the clocks skips as a whole is left out.
    """
    # In UTC a day may end later than its date says, and a span may end on the next day.
    day = since.astimezone(hours.zone).date() - 2 * _DAY
    while True:
        if day not in hours.holidays:
            for one in sorted(hours.spans.get(day.isoweekday(), ())):
                opening, closing = _at(day, one.start, hours.zone), _at(day, one.end, hours.zone)
                if closing > max(since, opening):
                    yield opening, closing
        day += _DAY


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, minutes = divmod(minute, _MINUTES)
    return datetime.combine(day + days * _DAY, time(*divmod(minutes, 60)), zone).astimezone(UTC)
