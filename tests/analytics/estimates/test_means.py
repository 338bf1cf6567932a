"""The mean from sums: its moments against SciPy, and its interval against chance."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from flowpilot.analytics.estimates.means import cases_needed, hall, mean, moments
from flowpilot.analytics.statistics import Estimate

values = st.lists(st.integers(0, 1000).map(float), min_size=3, max_size=40)


def _sums(drawn: list[float]) -> tuple[int, float, float, float]:
    return len(drawn), sum(drawn), sum(value**2 for value in drawn), sum(value**3 for value in drawn)


def _mean(drawn: list[float], **limits: float) -> Estimate:
    n, *sums = _sums(drawn)
    return mean(n, *sums, **limits)  # type: ignore[arg-type]


@given(values)
def test_the_moments_are_scipys(drawn: list[float]) -> None:
    assume(len(set(drawn)) > 1)
    found = moments(*_sums(drawn))
    assert found.mean == pytest.approx(np.mean(drawn))
    assert found.spread == pytest.approx(np.std(drawn, ddof=1), rel=1e-6)
    assert found.skewness == pytest.approx(stats.skew(drawn, bias=False), abs=1e-5)


@given(values, values)
def test_days_can_be_added(monday: list[float], tuesday: list[float]) -> None:
    n, *sums = (first + second for first, second in zip(_sums(monday), _sums(tuesday), strict=True))
    assert mean(int(n), *sums) == _mean(monday + tuesday)


def test_symmetric_values_have_students_interval() -> None:
    drawn = [float(value) for value in range(201)]
    expected = stats.t.interval(0.95, 200, loc=100, scale=stats.sem(drawn))
    assert _mean(drawn).ci95 == pytest.approx(expected)


def test_the_transformation_is_undone() -> None:
    """Hall's statistic of each end is Student's quantile again, with the skewness taken from the cases."""
    found = moments(*_sums([1.0] * 40 + [5.0] * 12 + [9.0] * 3))
    for end, quantile in zip(hall(found), (0.975, 0.025), strict=True):
        t, g, n = (found.mean - end) / found.spread, found.skewness, found.n
        transformed = t + g * t**2 / 3 + g**2 * t**3 / 27 + g / (6 * n)
        assert math.sqrt(n - g**2) * transformed == pytest.approx(stats.t.ppf(quantile, n - 1))


def test_the_rule_does_not_look_at_the_cases() -> None:
    assert (cases_needed(is_bounded=False), cases_needed(is_bounded=True)) == (200, 50)
    even, skewed = [float(value) for value in range(199)], [1.0] * 199 + [500.0]
    assert (_mean(even).ci95 is None, _mean(skewed).ci95 is None) == (True, False)


def test_one_that_is_far_from_the_others_leaves_an_end_far_away() -> None:
    """All that is known of such times is one of them: a skewness of the root of n counts as no cases but one."""
    low, high = _mean([0.0] * 199 + [1000.0]).ci95 or (None, None)
    assert low == 0
    # A rate of 1 in 200 has 2.8 % as the upper end, by Wilson: 28 of 1,000. But here, nobody knows that 1,000 is
    # most.
    assert high == pytest.approx(65, abs=1)


def test_a_mean_without_an_interval_says_why() -> None:
    assert mean(0, None, None, None) == Estimate(None, 0, None)
    few = _mean([1.0, 2.0] * 99 + [1.0])
    assert (few.ci95, few.no_interval) == (None, "An interval takes 200 cases or more, and there are 199.")
    few = _mean([1.0, 2.0] * 24, lowest=1, highest=2)
    assert few.no_interval == "An interval takes 50 cases or more, and there are 48."
    same = _mean([7.0] * 3000)
    assert (same.value, same.ci95) == (7, None)
    assert same.no_interval == (
        "All 3,000 cases have the same value, which says nothing about the spread of others."
    )


def test_a_mean_is_in_the_requested_unit_and_within_its_limits() -> None:
    drawn = [60.0, 120.0, 180.0] * 20
    n, *sums = _sums(drawn)
    low, high = mean(n, *sums, unit=60, lowest=1.9, highest=2.1).ci95 or (None, None)
    assert (low, high) == (1.9, 2.1)
    assert mean(2, Decimal("0.5"), Decimal("0.25"), Decimal("0.125")).value == 0.25


def test_skewed_times_are_missed_as_often_on_either_side() -> None:
    """Of exponential times, Student's t misses the mean four times as often from below as from above."""
    drawn = np.random.default_rng(7).exponential(1, (4000, 60))
    below = above = 0
    for row in drawn:
        low, high = hall(moments(*_sums(row.tolist())))
        below, above = below + (high < 1), above + (low > 1)
    assert 0.035 < (below + above) / 4000 < 0.055
    assert below < 2 * above
