"""Booked minutes stay on the day of the work, however they are rounded or corrected."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowpilot.psa.postings.planning import Worked, span

DAY = datetime(2026, 6, 15, tzinfo=UTC)
MIDNIGHT = DAY + timedelta(days=1)


@st.composite
def _within_a_day(draw: st.DrawFn) -> Worked:
    begin = draw(st.integers(0, 86_399_999))
    end = draw(st.integers(begin + 1, 86_400_000))
    return Worked(
        None, DAY + timedelta(milliseconds=begin), DAY + timedelta(milliseconds=end), (end - begin) / 1000
    )


@given(_within_a_day(), st.integers(1, 1440), st.integers(1, 1440))
def test_work_within_a_day_is_booked_within_it_and_so_are_its_corrections(
    work: Worked, corrected: int, again: int
) -> None:
    times = work.started_at, work.ended_at
    for minutes in (work.minutes, corrected, again):
        times = span(*times, minutes)
        assert times[1] - times[0] == timedelta(minutes=minutes)
        assert times[0] >= DAY
        assert times[1] <= MIDNIGHT


def test_rounding_moves_the_beginning_only_if_it_must() -> None:
    late, early = MIDNIGHT - timedelta(minutes=19, seconds=30), DAY + timedelta(hours=9, seconds=30)
    assert span(late, MIDNIGHT, 20) == (MIDNIGHT - timedelta(minutes=20), MIDNIGHT)
    assert span(early, early + timedelta(seconds=90), 2) == (early, early + timedelta(minutes=2))


def test_work_over_midnight_begins_when_it_did() -> None:
    late = MIDNIGHT - timedelta(minutes=10)
    assert span(late, MIDNIGHT + timedelta(minutes=5), 15) == (late, late + timedelta(minutes=15))
