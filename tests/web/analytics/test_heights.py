"""A few periods far above the others do not flatten a chart, and are said."""

from datetime import date, timedelta

import pytest

from flowpilot.web.analytics.heights import Height, height_of

FIRST = date(2026, 9, 1)


def height(values: list[float], ends: list[float | None] | None = None) -> Height:
    days = [FIRST + timedelta(days=number) for number in range(len(values))]
    return height_of(days, values, ends or [None] * len(values), "day")


def test_one_extreme_day_is_above_the_chart_and_named() -> None:
    found = height([60, 70, 80, 43_200, 90, 75, 65, 85])
    assert found == Height(90, "1 day is above the chart: 30\N{NO-BREAK SPACE}d (2026-09-04). The table has all.")


def test_of_several_the_highest_is_named() -> None:
    found = height([60, 70, 80, 43_200, 90, 75, 65, 85, 20_000])
    longest = "30\N{NO-BREAK SPACE}d (2026-09-04)"
    assert found.above == f"2 days are above the chart, up to {longest}. The table has all."


def test_ends_of_intervals_are_shown_if_they_are_not_far_above() -> None:
    values = [60.0, 70, 80, 43_200, 90, 75, 65, 85]
    assert height(values, [None, 120, 900, None, None, None, None, None]).top == 120


@pytest.mark.parametrize(
    "values",
    [
        [60, 70, 80, 43_200],
        [60, 70, 80, 90, 95, 75, 65, 170],
        [60, 60, 60, 60, 60, 60, 60, 110],
        [0, 0, 0, 0, 0, 0, 0, 43_200],
    ],
    ids=["too few to say", "not far above", "less than twice as high", "nothing to be seen below"],
)
def test_otherwise_the_chart_shows_all(values: list[float]) -> None:
    assert height(values) == Height()
