"""Working hours: when a help desk is open, and how its working time passes. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Wall-clock hours on some days of the week (ISO: Monday is 1), in a zone."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo


def working_hours(
    days: list[int] | None, start: time | None, end: time | None, zone: ZoneInfo
) -> WorkingHours | None:
    """An account's working hours; None when it works around the clock."""
    return (
        None if days is None or start is None or end is None else WorkingHours(frozenset(days), start, end, zone)
    )


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
        if moment + length <= closing:
            return moment + length
        length -= closing - moment
        moment = closing
    raise AssertionError("The days of the week do not end.")


def _stretches(since: datetime, hours: WorkingHours) -> Iterator[tuple[datetime, datetime]]:
    """The opening and closing times of the days that are not over yet, in order.

    A day on which the clocks are moved past all of its hours is left out.
    """
    # Start a day early: in UTC, it may end later than its date says.
    day = since.astimezone(hours.zone).date() - timedelta(days=1)
    while True:
        if day.isoweekday() in hours.days:
            opening, closing = _at(day, hours.start, hours.zone), _at(day, hours.end, hours.zone)
            if closing > max(since, opening):
                yield opening, closing
        day += timedelta(days=1)


def _at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock_time, zone).astimezone(UTC)
