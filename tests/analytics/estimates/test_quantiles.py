"""Limits of quantiles from single waits: the binomial's where it can be, in between otherwise."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flowpilot.analytics.estimates.comparison import compare
from flowpilot.analytics.estimates.quantiles import ends_for_difference, limit, quantile_ci95, steps
from flowpilot.analytics.statistics import Estimate, kaplan_meier

waits = st.lists(st.integers(1, 40).map(float), min_size=1, max_size=30)
TO_HUNDRED = [float(value) for value in range(1, 101)]


@pytest.mark.parametrize("rank", [38, 40, 50, 61])
def test_a_limit_at_a_wait_has_the_chance_of_a_binomial_count(rank: int) -> None:
    """The median lies above the r-th wait if r waits or more lie below the median."""
    chance = float(stats.binom.sf(rank - 1, 100, 0.5))
    assert limit(steps(TO_HUNDRED, []), 0.5, chance) == pytest.approx(rank, abs=1e-5)


def test_between_two_waits_it_is_interpolated() -> None:
    first, second = (float(stats.binom.sf(rank - 1, 100, 0.5)) for rank in (40, 41))
    found = limit(steps(TO_HUNDRED, []), 0.5, (first + second) / 2)
    assert found is not None
    assert 40.4 < found < 40.6


def test_hutsons_interval_lies_within_the_exact_one() -> None:
    """SciPy's takes whole waits, so it is wider."""
    exact: Any = stats.quantile_test(TO_HUNDRED, p=0.95).confidence_interval(0.95)
    low, high = quantile_ci95(steps(TO_HUNDRED, []), 0.95)
    assert low is not None
    assert high is not None
    assert exact.low <= low < 95 < high <= exact.high
    assert exact.low + 0.5 < low


@pytest.mark.parametrize(("n", "has_upper_end"), [(71, False), (72, True)])
def test_below_72_cases_a_p95_has_no_upper_end(n: int, has_upper_end: bool) -> None:
    low, high = quantile_ci95(steps(TO_HUNDRED[:n], []), 0.95)
    assert (low is not None, high is not None) == (True, has_upper_end)


def test_without_an_upper_end_the_lower_one_has_all_the_error() -> None:
    found = steps(TO_HUNDRED[:30], [])
    assert quantile_ci95(found, 0.95) == (limit(found, 0.95, 0.95), None)


def test_a_p95_that_is_not_reached_lasts_at_least_as_long_as_enough_were_watched() -> None:
    """As long as five were left, however few end after it."""
    assert quantile_ci95(steps([1.0, 2.0], [3.0] * 20), 0.95) == (3, None)
    assert quantile_ci95(steps([1.0, 2.0, 9.0], [3.0] * 17), 0.95) == (3, None)


def test_no_wait_that_ended_is_no_interval() -> None:
    assert quantile_ci95(steps([], [3.0] * 20), 0.5) == (None, None)
    assert quantile_ci95(steps([4.0], []), 0.5) == (None, None)


@given(waits)
def test_without_censoring_as_many_cases_say_as_much(ended: list[float]) -> None:
    found = steps(ended, [])
    assert [found.effective(place) for place in range(len(ended))] == pytest.approx([len(ended)] * len(ended))
    assert found.share(len(ended) - 1) == pytest.approx(1)


@given(waits, waits)
def test_the_interval_holds_the_median(ended: list[float], censored: list[float]) -> None:
    median = kaplan_meier(ended, censored).median
    if median is not None:
        low, high = ends_for_difference(steps(ended, censored), 0.5, median)
        assert low is None or low <= median
        assert high is None or high >= median


@given(waits, waits)
def test_longer_waits_have_longer_limits(ended: list[float], censored: list[float]) -> None:
    one, other = (limit(steps([by * t for t in ended], [by * t for t in censored]), 0.5, 0.9) for by in (1.0, 2.0))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert other == pytest.approx(2 * one)


def test_the_difference_of_two_equal_sides_goes_from_end_to_end() -> None:
    """Price and Bonett's, with the ends at a level that need no scaling if both sides are as wide."""
    found = steps(TO_HUNDRED, [])
    low, high = ends_for_difference(found, 0.5, 50.5)
    near = [limit(found, 0.5, stats.norm.cdf(z / math.sqrt(2))) for z in (1.959964, -1.959964)]
    side = Estimate(50.5, 100, (1.0, 99.0), ends=(low, high))
    interval = compare("time_to_resolution", side, side, 6).difference_ci95
    assert near[0] is not None
    assert near[1] is not None
    assert interval == pytest.approx((near[0] - near[1], near[1] - near[0]), rel=1e-3)
