"""Working time of many durations at once is that of each alone."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.analytics.estimates.working import WorkingClock
from flowpilot.working_hours import AROUND_THE_CLOCK, HoursHistory, worked
from tests.company import at
from tests.test_working_hours import histories, moments

END = at("2026-12-31 12:00")


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(moments, st.integers(0, 20_000)), min_size=1, max_size=20), histories())
def test_it_is_that_of_each_alone(asked: list[tuple[datetime, int]], history: HoursHistory) -> None:
    stretches = [(since, min(END, since + timedelta(minutes=minutes))) for since, minutes in asked]
    since, until = ([moment.timestamp() for moment in ends] for ends in zip(*stretches, strict=True))
    found = WorkingClock(history, since, END).seconds(since, until)
    right = [worked(start, end, history).total_seconds() for start, end in stretches]
    assert [round(one, 3) for one in found] == right


def test_without_stretches_there_is_nothing() -> None:
    assert WorkingClock(AROUND_THE_CLOCK, [], END).seconds([], []).size == 0
