"""Working time, compared with a count minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.working_hours import (
    AROUND_THE_CLOCK,
    HoursHistory,
    Span,
    WorkingHours,
    after_work,
    begins_at,
    parse_clock,
    same_each_day,
    span,
    work_seconds,
    worked,
)
from tests.company import at

VIENNA = ZoneInfo("Europe/Vienna")
OFFICE = same_each_day({1, 2, 3, 4, 5}, time(8), time(17), VIENNA)
MINUTE = timedelta(minutes=1)

moments = st.integers(0, 275 * 1440).map(lambda minutes: at("2026-03-01 00:00") + minutes * MINUTE)
lengths = st.integers(1, 3_000).map(lambda count: count * MINUTE)
zones = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
holidays = st.frozensets(st.dates(date(2026, 3, 1), date(2026, 11, 30)), max_size=20)


@st.composite
def _span(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, 1439))
    return Span(start, draw(st.integers(start + 1, start + 1440)))


@st.composite
def _hours(draw: st.DrawFn) -> WorkingHours:
    days = draw(st.frozensets(st.integers(1, 7), min_size=1))
    spans = {day: tuple(draw(st.lists(_span(), min_size=1, max_size=2))) for day in days}
    return WorkingHours(spans, ZoneInfo(draw(zones)), draw(holidays))


@st.composite
def histories(draw: st.DrawFn) -> HoursHistory:
    since = sorted(draw(st.sets(moments, min_size=1, max_size=3)))
    return HoursHistory(since, [draw(st.one_of(st.none(), _hours())) for _ in since])


def _is_open(moment: datetime, hours: WorkingHours | None) -> bool:
    """Whether a minute is one of work: asked of every span that begins on one of the days around it."""
    if hours is None:
        return True
    around = [moment.astimezone(hours.zone).date() + timedelta(days=n) for n in range(-3, 3)]
    return any(
        _clock(day, one.start, hours.zone) <= moment < _clock(day, one.end, hours.zone)
        for day in around
        if day not in hours.holidays
        for one in hours.spans.get(day.isoweekday(), ())
    )


def _clock(day: date, minute: int, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time(), zone)
    return (midnight + minute * MINUTE).astimezone(UTC)  # Local arithmetic: the clock on the wall.


def _count(start: datetime, end: datetime, history: HoursHistory) -> timedelta:
    total, moment = timedelta(), start
    while moment < end:
        total += MINUTE if _is_open(moment, history.at(moment)) else timedelta()
        moment += MINUTE
    return total


@settings(max_examples=60)
@given(moments, st.integers(0, 4 * 1440), histories())
def test_worked_is_the_count_of_open_minutes(start: datetime, minutes: int, history: HoursHistory) -> None:
    end = start + minutes * MINUTE
    assert worked(start, end, history) == _count(start, end, history)


@given(moments, lengths, lengths, histories())
def test_worked_adds_up(start: datetime, first: timedelta, second: timedelta, history: HoursHistory) -> None:
    middle, end = start + first, start + first + second
    assert worked(start, middle, history) + worked(middle, end, history) == worked(start, end, history)


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


EVERY_DAY = range(1, 8)
NIGHTS = WorkingHours({day: (span("22:00", "06:00"),) for day in range(1, 6)}, ZoneInfo("UTC"))
WITH_A_BREAK = WorkingHours({1: (span("08:00", "12:00"), span("13:00", "17:00"))}, VIENNA)
TUESDAY = frozenset({date(2026, 6, 16)})
WEEKDAYS_ROUND = WorkingHours({day: (span("00:00", "24:00"),) for day in range(1, 6)}, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("hours", "start", "end", "minutes"),
    [
        (NIGHTS, "2026-06-15 20:00", "2026-06-16 12:00", 480),
        (NIGHTS, "2026-06-19 23:00", "2026-06-22 12:00", 420),  # Friday's night ends on Saturday.
        (WEEKDAYS_ROUND, "2026-06-19 23:00", "2026-06-22 01:00", 120),
        (WEEKDAYS_ROUND, "2026-06-15 00:00", "2026-06-20 00:00", 5 * 1440),
        (WorkingHours(OFFICE.spans, VIENNA, TUESDAY), "2026-06-15 14:00", "2026-06-17 07:00", 120),
        # A night that begins on the eve of a holiday goes on; none begins on it.
        (WorkingHours(NIGHTS.spans, NIGHTS.zone, TUESDAY), "2026-06-15 20:00", "2026-06-17 12:00", 480),
        (WITH_A_BREAK, "2026-06-15 00:00", "2026-06-16 00:00", 480),
    ],
)  # fmt: skip
def test_hours_of_their_own(hours: WorkingHours, start: str, end: str, minutes: int) -> None:
    history = HoursHistory([datetime.min.replace(tzinfo=UTC)], [hours])
    assert worked(at(start), at(end), history) == minutes * MINUTE


def test_a_duration_uses_the_hours_of_its_time() -> None:
    history = HoursHistory([at("2026-06-15 12:00"), at("2026-06-16 00:00")], [OFFICE, None])
    # Around the clock until noon, the office's three hours after 12:00 UTC, and around the clock again.
    assert worked(at("2026-06-15 10:00"), at("2026-06-16 02:00"), history) == 7 * 60 * MINUTE


def test_what_is_stored_is_null_if_all_of_it_was_working_time() -> None:
    start, end = at("2026-06-15 10:00"), at("2026-06-15 20:00")
    history = HoursHistory([at("2026-06-01 00:00")], [OFFICE])
    assert work_seconds(start, end, history) == 5 * 3600
    assert work_seconds(start, end, AROUND_THE_CLOCK) is None
    assert work_seconds(start, None, history) is None
    assert work_seconds(at("2026-05-01 00:00"), at("2026-05-02 00:00"), history) is None


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("8:30", 510), ("23:59", 1439), ("24:00", 1440)])
def test_a_time_of_day(text: str, minute: int) -> None:
    assert parse_clock(text) == minute


@pytest.mark.parametrize("text", ["", "8", "8:3", "24:01", "25:00", "12:60", "-1:00", "aa:00", "²:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_clock(text)


@pytest.mark.parametrize(("start", "end"), [("24:00", "08:00"), ("08:00", "08:00")])
def test_hours_that_mean_nothing_are_refused(start: Any, end: Any) -> None:
    with pytest.raises(ValueError, match="begin"):
        span(start, end)


def test_a_day_on_which_the_clocks_change_is_as_long_as_its_clock_says() -> None:
    every_day = same_each_day(EVERY_DAY, time(1), time(5), VIENNA)
    assert after_work(at("2026-03-29 00:00"), timedelta(hours=3), every_day) == at("2026-03-29 03:00")
    assert after_work(at("2026-10-24 23:00"), timedelta(hours=5), every_day) == at("2026-10-25 04:00")
    assert begins_at(date(2026, 3, 29), VIENNA) == at("2026-03-28 23:00")


def test_hours_that_a_day_skips_wait_for_the_next() -> None:
    skipped = same_each_day(EVERY_DAY, time(2, 45), time(3, 15), VIENNA)
    assert after_work(at("2026-03-29 00:00"), timedelta(minutes=10), skipped) == at("2026-03-30 00:55")


@given(moments, lengths)
def test_around_the_clock_it_is_addition(since: datetime, length: timedelta) -> None:
    assert after_work(since, length, None) == since + length
    assert worked(since, since + length, AROUND_THE_CLOCK) == length


@given(moments, lengths, _hours())
def test_exactly_so_much_has_been_worked(since: datetime, length: timedelta, hours: WorkingHours) -> None:
    always = HoursHistory([datetime.min.replace(tzinfo=UTC)], [hours])
    assert worked(since, after_work(since, length, hours), always) == length
