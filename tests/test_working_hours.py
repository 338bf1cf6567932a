"""Working time, compared with a count minute by minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.working_hours import WorkingHours, after_work
from tests.company import at

VIENNA = ZoneInfo("Europe/Vienna")
OFFICE = WorkingHours(frozenset({1, 2, 3, 4, 5}), time(8), time(17), VIENNA)

moments = st.integers(0, 275 * 86_400).map(lambda seconds: at("2026-03-01 00:00") + timedelta(seconds=seconds))
lengths = st.integers(1, 3_000).map(lambda count: timedelta(minutes=count))
zones = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])


@st.composite
def _hours(draw: st.DrawFn) -> WorkingHours:
    start, end = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True)))
    days = draw(st.frozensets(st.integers(1, 7), min_size=1))
    return WorkingHours(days, time(*divmod(start, 60)), time(*divmod(end, 60)), ZoneInfo(draw(zones)))


def _worked(since: datetime, until: datetime, hours: WorkingHours) -> timedelta:
    """The working time between two moments: the overlap with the hours of every day near them."""
    total, day = timedelta(), since.date() - timedelta(days=2)
    while day <= until.date() + timedelta(days=2):
        if day.isoweekday() in hours.days:
            opening, closing = (
                datetime.combine(day, clock, hours.zone).astimezone(UTC) for clock in (hours.start, hours.end)
            )
            total += max(min(closing, until) - max(opening, since), timedelta())
        day += timedelta(days=1)
    return total


@pytest.mark.parametrize(
    ("since", "minutes", "until"),
    [
        ("2026-06-15 10:00", 30, "2026-06-15 10:30"),  # A Monday in Vienna, two hours ahead of UTC.
        ("2026-06-15 14:45", 30, "2026-06-16 06:15"),
        ("2026-06-15 14:30", 30, "2026-06-15 15:00"),
        ("2026-06-15 15:00", 30, "2026-06-16 06:30"),
        ("2026-06-15 03:00", 30, "2026-06-15 06:30"),
        ("2026-06-19 14:45", 30, "2026-06-22 06:15"),
        ("2026-06-20 12:00", 540, "2026-06-22 15:00"),
        ("2026-03-27 15:30", 60, "2026-03-30 06:30"),  # The clocks go forward on the 29th.
        ("2026-10-23 14:30", 60, "2026-10-26 07:30"),  # And back on the 25th.
    ],
)
def test_only_working_time_counts(since: str, minutes: int, until: str) -> None:
    assert after_work(at(since), timedelta(minutes=minutes), OFFICE) == at(until)


def test_a_day_on_which_the_clocks_change_is_as_long_as_its_clock_says() -> None:
    every_day = WorkingHours(frozenset(range(1, 8)), time(1), time(5), VIENNA)
    assert after_work(at("2026-03-29 00:00"), timedelta(hours=3), every_day) == at("2026-03-29 03:00")
    assert after_work(at("2026-10-24 23:00"), timedelta(hours=5), every_day) == at("2026-10-25 04:00")


def test_hours_that_a_day_skips_wait_for_the_next() -> None:
    skipped = WorkingHours(frozenset(range(1, 8)), time(2, 45), time(3, 15), VIENNA)
    assert after_work(at("2026-03-29 00:00"), timedelta(minutes=10), skipped) == at("2026-03-30 00:55")


@given(moments, lengths)
def test_around_the_clock_it_is_addition(since: datetime, length: timedelta) -> None:
    assert after_work(since, length, None) == since + length


@given(moments, lengths, _hours())
def test_exactly_so_much_has_been_worked(since: datetime, length: timedelta, hours: WorkingHours) -> None:
    assert _worked(since, after_work(since, length, hours), hours) == length


@given(moments, lengths, _hours())
def test_the_end_lies_in_working_hours(since: datetime, length: timedelta, hours: WorkingHours) -> None:
    end, moment = after_work(since, length, hours), timedelta(microseconds=1)
    assert _worked(end - moment, end, hours) == moment


@given(moments, st.timedeltas(timedelta(), timedelta(days=10)), lengths, _hours())
def test_a_later_start_ends_no_earlier(
    since: datetime, later: timedelta, length: timedelta, hours: WorkingHours
) -> None:
    assert after_work(since, length, hours) <= after_work(since + later, length, hours)


@given(moments, lengths, lengths, _hours())
def test_time_adds_up(since: datetime, first: timedelta, second: timedelta, hours: WorkingHours) -> None:
    assert after_work(after_work(since, first, hours), second, hours) == after_work(since, first + second, hours)
