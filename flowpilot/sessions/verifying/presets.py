"""Times to look again that people choose most, in the account's own hours. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flowpilot.working_hours import WorkingHours

_MORNING = time(9)
_WEEKDAYS = frozenset(range(1, 6))
# An account that is closed for longer has nothing to offer but an hour.
_FARTHEST = 90


class Preset(NamedTuple):
    """A time, and what people call it."""

    name: str
    at: datetime


def presets(now: datetime, zone: ZoneInfo, hours: WorkingHours | None) -> Iterator[Preset]:
    """In an hour, on the next working mornings, and on the first in a week or later.

    An account without hours works on weekdays.
    """
    yield Preset("In 1 hour", now + timedelta(hours=1))
    today = now.astimezone(zone).date()
    following = [today + timedelta(days=n) for n in range(1, _FARTHEST)]
    mornings = [opening for day in following if (opening := _opening(day, zone, hours))]
    in_a_week = [opening for opening in mornings if opening.date() >= today + timedelta(days=7)]
    named = (("Next working morning", mornings), ("In 2 working days", mornings[1:]), ("In a week", in_a_week))
    yield from (Preset(name, openings[0]) for name, openings in named if openings)


def _opening(day: date, zone: ZoneInfo, hours: WorkingHours | None) -> datetime | None:
    """When work begins on a day; None if it does not."""
    days = _WEEKDAYS if hours is None else hours.days
    if day.isoweekday() not in days or (hours is not None and day in hours.holidays):
        return None
    return datetime.combine(day, _MORNING if hours is None else hours.opening(day.isoweekday()), zone)
