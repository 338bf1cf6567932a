"""The estimators, against SciPy, worked examples and laws."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flowpilot.analytics.statistics import (
    FEWEST_FOR_MEDIAN_CI95,
    difference_ci95,
    kaplan_meier,
    percent,
    percent_ci95,
    proportion,
    rate,
    rate_ci95,
    wilson,
)

waits = st.lists(st.floats(0, 1e6, allow_nan=False), max_size=30)

# Remission of leukaemia patients on 6-MP, in weeks (Freireich et al. 1963), the textbook example.
ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case: tuple[int, int]) -> None:
    expected = stats.binomtest(*case).proportion_ci(0.95, method="wilson")
    assert wilson(*case) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_cases_have_no_interval() -> None:
    assert (wilson(0, 0), percent_ci95(0, 0), rate_ci95(0, 0)) == (None, None, None)


def test_three_of_three_are_no_certainty() -> None:
    assert percent_ci95(3, 3) == (43.9, 100.0)


def test_a_share_of_nothing_is_zero() -> None:
    assert (percent(0, 0), rate(0, 0)) == (0.0, 0.0)


def test_rounding_is_half_to_even() -> None:
    assert percent(49, 400) == 12.2
    assert percent(1, 8) == 12.5
    assert rate(1, 32) == 0.0312


def test_the_textbook_example() -> None:
    found = kaplan_meier(ENDED, CENSORED)
    assert (found.n, found.n_censored) == (21, 12)
    assert found.median == 23
    # R's survfit(conf.type = "log-log") gives 13 for the lower limit, and no upper one.
    assert found.median_ci95 == (13, None)
    assert (found.p90, found.p95, found.mean) == (None, None, None)
    # Nobody knows how much longer; five were left at 25 weeks.
    assert found.p95_ci95 == (25, None)


def test_nobody_has_waited() -> None:
    found = kaplan_meier([], [])
    assert (found.n, found.n_censored, found.mean, found.median, found.median_ci95) == (0, 0, None, None, None)


def test_everybody_still_waits() -> None:
    found = kaplan_meier([], [1.0, 2.0])
    assert (found.n, found.n_censored, found.median, found.median_ci95) == (2, 2, None, None)
    assert found.p95_ci95 == (None, None)


def test_an_interval_of_the_median_takes_five_waits() -> None:
    """From the smallest of four on, it would hold the median in 15 of 16 cases only."""
    assert kaplan_meier([1.0, 2.0, 3.0, 4.0], []).median_ci95 is None
    assert kaplan_meier([1.0, 2.0, 3.0, 4.0], [5.0]).median_ci95 == (1.0, None)


def test_one_case() -> None:
    found = kaplan_meier([5.0], [])
    assert (found.mean, found.median, found.p90, found.p95) == (5, 5, 5, 5)


@given(waits, waits)
def test_the_curve_and_its_band_are_scipys_to_the_last_digit(ended: list[float], censored: list[float]) -> None:
    curve = kaplan_meier(ended, censored).curve
    if curve is None:
        assert not ended + censored
        return
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        # Where its formula is undefined it says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = stats.ecdf(stats.CensoredData(uncensored=ended, right=censored)).sf
        band: Any = expected.confidence_interval(0.95, method="log-log")
    for found, theirs in (
        (curve.times, expected.quantiles),
        (curve.shares, expected.probabilities),
        (curve.low, band.low.probabilities),
        (curve.high, band.high.probabilities),
    ):
        assert np.array_equal(found, theirs, equal_nan=True)


@given(waits.filter(bool))
def test_without_censoring_the_mean_is_the_mean(ended: list[float]) -> None:
    assert kaplan_meier(ended, []).mean == pytest.approx(math.fsum(ended) / len(ended), rel=1e-9, abs=1e-9)


@given(waits, waits)
def test_a_quantile_is_one_of_the_waits_and_in_order(ended: list[float], censored: list[float]) -> None:
    found = kaplan_meier(ended, censored)
    known = [value for value in (found.median, found.p90, found.p95) if value is not None]
    assert known == sorted(known)
    assert set(known) <= set(ended)


@given(waits.filter(bool), waits)
def test_a_longer_wait_never_lowers_the_median(ended: list[float], censored: list[float]) -> None:
    longer = [wait + max(ended) for wait in censored]
    with_them, without = kaplan_meier(ended, longer).median, kaplan_meier(ended, []).median
    assert without is not None
    assert with_them is None or with_them >= without


@given(waits.filter(bool), waits)
def test_the_interval_holds_the_median(ended: list[float], censored: list[float]) -> None:
    found = kaplan_meier(ended, censored)
    assert (found.median_ci95 is None) == (found.n < FEWEST_FOR_MEDIAN_CI95)
    low, high = found.median_ci95 or (None, None)
    if found.median is not None and found.median_ci95 is not None:
        assert low is not None
        assert low <= found.median
        assert high is None or found.median <= high
    if found.p95 is not None:
        assert found.p95_ci95 is not None
        low, high = found.p95_ci95
        assert low is None or low <= found.p95
        assert high is None or found.p95 <= high


def test_newcombes_example() -> None:
    """Newcombe (1998), table II, method 10: 56/70 - 48/80 has the interval 0.0524 to 0.3339."""
    new, old = proportion(56, 70), proportion(48, 80)
    assert new.value is not None
    assert old.value is not None
    assert new.ci95 is not None
    assert old.ci95 is not None
    found = difference_ci95(new.value, new.ci95, old.value, old.ci95)
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_an_end_that_needs_an_unknown_end_is_unknown() -> None:
    assert difference_ci95(10, (7, None), 4, (4, 8)) == (5 - 4, None)
    assert difference_ci95(10, (None, 13), 4, (0, 8)) == (None, 11)
    assert difference_ci95(10, (7, 13), 4, (None, None)) == (None, None)


interval = st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(
    lambda parts: (parts[0] + parts[1], (parts[0], parts[0] + parts[1] + parts[2]))
)


@given(interval, interval)
def test_a_difference_lies_in_its_interval_and_turns_with_its_sides(
    first: tuple[float, tuple[float, float]], second: tuple[float, tuple[float, float]]
) -> None:
    low, high = difference_ci95(*first, *second)
    assert low is not None
    assert high is not None
    assert low <= first[0] - second[0] <= high
    assert difference_ci95(*second, *first) == pytest.approx((-high, -low))
