"""When a help desk's telephone rings, in its own time zone."""

from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

# The morning's rush, the dip at noon, the afternoon, and who is still there.
_HOURS = {8: 0.9, 9: 1.5, 10: 1.4, 11: 1.1, 12: 0.6, 13: 1.0, 14: 1.2, 15: 1.0, 16: 0.8, 17: 0.4}
_WEEKDAYS = (1.35, 1.1, 1.0, 1.0, 0.85, 0.07, 0.04)
_MONTHS = (1.1, 1.0, 1.0, 0.95, 1.0, 0.95, 0.8, 0.75, 1.15, 1.1, 1.0, 0.75)
_NIGHT_SHARE = 0.03


def arrivals(rng: Random, zone: ZoneInfo, start: datetime, now: datetime, count: int) -> list[datetime]:
    """About `count` moments of new calls from `start` to `now`, in order."""
    first = start.astimezone(zone).date()
    count_of_days = (now.astimezone(zone).date() - first).days + 1
    days = [first + timedelta(days=number) for number in range(count_of_days)]
    loads = [_WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] for day in days]
    chosen = rng.choices(days, loads, k=count)
    calls = (datetime.combine(day, _time_of_call(rng), zone).astimezone(now.tzinfo) for day in chosen)
    return sorted(call for call in calls if start <= call < now)


def next_office_moment(rng: Random, zone: ZoneInfo, moment: datetime) -> datetime:
    """The moment itself in office hours, otherwise some time in the next working morning."""
    local = moment.astimezone(zone)
    if is_office_time(local):
        return moment
    day = local.date() + timedelta(days=local.hour >= min(_HOURS))
    while day.weekday() > 4:
        day += timedelta(days=1)
    opening = datetime.combine(day, time(min(_HOURS)), zone)
    return opening.astimezone(moment.tzinfo) + timedelta(minutes=rng.uniform(5, 90))


def is_office_time(local: datetime) -> bool:
    """Whether somebody is in the office at this local time."""
    return local.weekday() <= 4 and local.hour in _HOURS


def _time_of_call(rng: Random) -> time:
    if rng.random() < _NIGHT_SHARE:
        hour = rng.choice([hour for hour in range(24) if hour not in _HOURS])
    else:
        (hour,) = rng.choices(list(_HOURS), list(_HOURS.values()))
    return time(hour, rng.randrange(60), rng.randrange(60), rng.randrange(1_000_000))
