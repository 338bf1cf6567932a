"""Times to look again that people choose most, in the account's own hours. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flowpilot.working_hours import WorkingHours

_MORNING = time(9)
_WEEKDAYS = frozenset(range(1, 6))


class Preset(NamedTuple):
    """A time, and what people call it."""

    name: str
    at: datetime


def presets(now: datetime, zone: ZoneInfo, hours: WorkingHours | None) -> Iterator[Preset]:
    """In an hour, on the next working mornings, and in a week. An account without hours works on weekdays."""
    yield Preset("In 1 hour", now + timedelta(hours=1))
    today = now.astimezone(zone).date()
    following = [today + timedelta(days=n) for n in range(1, 8 * 3)]
    mornings = [opening for day in following if (opening := _opening(day, zone, hours))]
    yield Preset("Next working morning", mornings[0])
    yield Preset("In 2 working days", mornings[1])
    yield Preset("In a week", _opening_in_a_week(today, zone, hours))


def _opening(day: date, zone: ZoneInfo, hours: WorkingHours | None) -> datetime | None:
    """When work begins on a day; None if it does not."""
    days = _WEEKDAYS if hours is None else hours.days
    if day.isoweekday() not in days or (hours is not None and day in hours.holidays):
        return None
    return datetime.combine(day, _MORNING if hours is None else hours.opening(day.isoweekday()), zone)


def _opening_in_a_week(today: date, zone: ZoneInfo, hours: WorkingHours | None) -> datetime:
    """The same time of the day in a week, whether or not somebody works then."""
    opening = _MORNING if hours is None else min(hours.opening(day) for day in hours.days)
    return datetime.combine(today + timedelta(days=7), opening, zone)
