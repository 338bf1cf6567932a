"""Booked minutes stay on the day of the work, however they are rounded or corrected."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.psa.postings.days import day_end, next_midnight, span
from flowpilot.psa.postings.planning import Worked

UTC_ZONE, VIENNA, KOLKATA = ZoneInfo("UTC"), ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Kolkata")
DAY = datetime(2026, 6, 15, tzinfo=UTC)
MIDNIGHT = DAY + timedelta(days=1)
ZONES = st.sampled_from([(UTC_ZONE,), (VIENNA,), (VIENNA, UTC_ZONE), (KOLKATA, UTC_ZONE)])


@given(st.integers(0, 86_399_999), st.integers(1, 86_400_000), ZONES)
def test_work_is_booked_within_its_day(begin: int, milliseconds: int, zones: tuple[ZoneInfo, ...]) -> None:
    start = DAY + timedelta(milliseconds=begin)
    midnight = next_midnight(start, zones)
    end = min(start + timedelta(milliseconds=milliseconds), midnight)
    work = Worked(None, start, end, (end - start).total_seconds(), midnight)
    began, ended = work.booked
    assert ended - began == timedelta(minutes=work.minutes)
    for zone in zones:
        days = {moment.astimezone(zone).date() for moment in (began, ended - timedelta(microseconds=1))}
        assert days == {start.astimezone(zone).date()}


@given(st.integers(0, 86_399_999), st.integers(1, 1440), ZONES)
def test_corrected_minutes_are_within_the_day_that_must_not_be_left(
    begin: int, minutes: int, zones: tuple[ZoneInfo, ...]
) -> None:
    start = DAY + timedelta(milliseconds=begin)
    began, ended = span(start, minutes, day_end(start, minutes, zones))
    assert ended - began == timedelta(minutes=minutes)
    days = {moment.astimezone(zones[-1]).date() for moment in (began, ended - timedelta(microseconds=1))}
    assert days == {start.astimezone(zones[-1]).date()}


@pytest.mark.parametrize(("zone", "midnight"), [(VIENNA, 22), (UTC_ZONE, 24)])
def test_a_day_ends_at_midnight_of_the_zone(zone: ZoneInfo, midnight: int) -> None:
    assert next_midnight(DAY + timedelta(hours=21), [zone]) == DAY + timedelta(hours=midnight)


def test_rounding_moves_the_beginning_only_if_it_must() -> None:
    late, early = MIDNIGHT - timedelta(minutes=19, seconds=30), DAY + timedelta(hours=9, seconds=30)
    assert span(late, 20, MIDNIGHT) == (MIDNIGHT - timedelta(minutes=20), MIDNIGHT)
    assert span(early, 2, MIDNIGHT) == (early, early + timedelta(minutes=2))
