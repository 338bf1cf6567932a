"""The share that starts faster, and restricted means, against plain counting and chance."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from flowpilot.analytics.estimates.started import (
    faster_share,
    known_until,
    restricted_mean,
    restricted_mean_difference,
)
from flowpilot.analytics.statistics import Waits

times = st.lists(st.integers(1, 30).map(float), min_size=1, max_size=25)
FAR = 1e9


@given(times, times)
def test_the_share_is_mann_and_whitneys(first: list[float], second: list[float]) -> None:
    expected = stats.mannwhitneyu(first, second).statistic / (len(first) * len(second))
    assert faster_share(Waits(first, []), Waits(second, []), FAR).value == pytest.approx(expected)


@given(times, times)
def test_the_other_side_has_the_other_share(first: list[float], second: list[float]) -> None:
    one, other = (faster_share(Waits(a, []), Waits(b, []), 20) for a, b in ((first, second), (second, first)))
    assert one.value is not None
    assert other.value == pytest.approx(1 - one.value)
    if len(first) > 1 < len(second) and one.ci95 is not None and other.ci95 is not None:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        assert low <= one.value <= high


@given(times, st.integers(1, 40).map(float))
def test_a_restricted_mean_is_that_of_the_cut_times(ended: list[float], horizon: float) -> None:
    cut = [min(wait, horizon) for wait in ended]
    found = restricted_mean(Waits(ended, []), horizon)
    assert found.mean == pytest.approx(statistics.fmean(cut))
    if len(cut) > 2 and len(set(cut)) > 1:
        assert found.spread == pytest.approx(statistics.stdev(cut))
        assert found.skewness == pytest.approx(stats.skew(cut, bias=False))


def test_a_case_that_outlasts_the_horizon_counts_as_that_long() -> None:
    assert restricted_mean(Waits([2.0, 4.0], [50.0, 60.0]), 10).mean == (2 + 4 + 10 + 10) / 4


def test_the_variance_with_waiting_cases_is_greenwoods() -> None:
    """Remission on 6-MP, in weeks (Freireich et al. 1963), cut at 35: R's survival says 23.29, error 2.83."""
    ended, censored = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = restricted_mean(Waits(ended, censored), 35)
    assert found.mean == pytest.approx(23.29, abs=0.005)
    greenwood = found.spread * (20 / 21) ** 0.5 / 21**0.5
    assert greenwood == pytest.approx(2.83, abs=0.03)


def test_the_curve_is_known_while_a_quarter_would_be_watched() -> None:
    assert known_until(Waits([1.0, 2.0], [])) == float("inf")
    assert known_until(Waits([1.0] * 10, [1.0, 2.0, 3.0, 4.0])) == 4
    assert known_until(Waits([1.0], [10.0, 20.0, 30.0, 40.0, 50.0])) == 40


def test_all_pairs_that_say_the_same_are_no_certainty() -> None:
    found = faster_share(Waits([10.0] * 20, []), Waits([5.0] * 20, []), FAR)
    assert found.value == 1
    assert found.ci95 is not None
    low, high = found.ci95
    # (1 - s)² = z² s (1 - s) (1 + 19 (1 - s) / (2 - s) + 19 s / (1 + s)) / 400.
    assert low == pytest.approx(0.8987, abs=1e-4)
    assert high == 1


def test_the_intervals_cover() -> None:
    """Of log-normal times with waiting cases, as docs/intervals.md shows at length."""
    draw = np.random.default_rng(11)
    hits = 0
    for _ in range(400):
        first, second = draw.exponential(600, 40), draw.exponential(400, 40)
        watched = draw.exponential(800, 40)
        ended = second <= watched
        waits = Waits(second[ended].tolist(), watched[~ended].tolist())
        low, high = faster_share(Waits(first.tolist(), []), waits, 800).ci95 or (None, None)
        assert low is not None
        assert high is not None
        # Of exponential times within 800 s: sooner by 0.5 + 0.5 (b - a) / (a + b) (1 - exp(-800 (a + b))).
        a, b = 1 / 600, 1 / 400
        hits += low <= 0.5 + 0.5 * (b - a) / (a + b) * (1 - np.exp(-800 * (a + b))) <= high
    assert 0.92 < hits / 400 < 0.98


def test_a_difference_needs_an_interval_of_both_means() -> None:
    even, few = [float(value) for value in range(50)], [float(value) for value in range(49)]
    assert restricted_mean_difference(Waits(even, []), Waits(even, []), FAR).ci95 is not None
    found = restricted_mean_difference(Waits(even, []), Waits(few, []), FAR)
    assert (found.ci95, found.no_interval is None) == (None, False)
