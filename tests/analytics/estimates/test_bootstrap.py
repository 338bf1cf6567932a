"""The bootstrap of a difference of medians, against plain Python, SciPy and laws."""

import random
import statistics
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from flowpilot.analytics.estimates.bootstrap import _Cases, difference_of_medians_ci95
from flowpilot.analytics.statistics import Waits, kaplan_meier

times = st.integers(1, 40).map(float)
cases = st.lists(st.tuples(times, st.booleans()), min_size=1, max_size=40)


def _split(drawn: list[tuple[float, bool]]) -> Waits:
    return Waits([wait for wait, ended in drawn if ended], [wait for wait, ended in drawn if not ended])


@given(cases, st.integers(0, 2**32))
def test_a_resamples_median_is_scipys(drawn: list[tuple[float, bool]], seed: int) -> None:
    """Each row of drawn cases is estimated as if there were no other rows."""
    sample = _Cases(_split(drawn))
    rows = np.random.default_rng(seed).integers(0, len(drawn), (5, len(drawn)), dtype=np.int32)
    for row, found in zip(rows, sample.medians(rows), strict=True):
        resample = [(float(sample.times[case]), bool(sample.ended[case])) for case in row]
        expected = kaplan_meier(*_split(resample)).median
        assert found == (np.inf if expected is None else expected)


def test_without_censored_cases_it_agrees_with_scipys_own_bootstrap() -> None:
    """Another seed, another number of resamples: the same interval, except for chance."""
    draw = random.Random(1)  # noqa: S311
    timed = [draw.lognormvariate(6, 0.5) for _ in range(61)]
    waits = [draw.lognormvariate(5, 0.5) for _ in range(201)]
    expected = stats.bootstrap(
        (timed, waits),
        lambda first, second, axis: np.median(first, axis=axis) - np.median(second, axis=axis),
        n_resamples=20_000,
        batch=1000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    low, high = difference_of_medians_ci95(timed, Waits(waits, []))
    width = expected.high - expected.low
    assert low == pytest.approx(expected.low, abs=0.1 * width)
    assert high == pytest.approx(expected.high, abs=0.1 * width)


def test_exchanged_sides_turn_the_interval_around() -> None:
    draw = random.Random(3)  # noqa: S311
    first, second = ([draw.lognormvariate(mean, 0.5) for _ in range(101)] for mean in (6, 5.5))
    low, high = difference_of_medians_ci95(first, Waits(second, []))
    other_low, other_high = difference_of_medians_ci95(second, Waits(first, []))
    assert low is not None
    assert high is not None
    assert (other_low, other_high) == pytest.approx((-high, -low), abs=0.1 * (high - low))


def test_no_spread_has_no_width() -> None:
    assert difference_of_medians_ci95([300.0] * 20, Waits([100.0] * 20, [])) == (200, 200)


def test_an_end_that_resamples_do_not_reach_is_unknown() -> None:
    """11 of 20 ended: in many resamples of them, more than half are still waiting."""
    low, high = difference_of_medians_ci95([300.0] * 20, Waits([100.0] * 11, [200.0] * 9))
    assert (low, high) == (None, 200)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(times, min_size=20, max_size=30), st.lists(st.tuples(times, st.booleans()), min_size=20), st.data()
)
def test_the_order_of_cases_does_not_matter(
    timed: list[float], drawn: list[tuple[float, bool]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(timed)), data.draw(st.permutations(drawn))
    expected = difference_of_medians_ci95(timed, _split(drawn))
    assert difference_of_medians_ci95(shuffled[0], _split(shuffled[1])) == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(times, min_size=20, max_size=30), st.lists(st.tuples(times, st.booleans()), min_size=20))
def test_the_interval_holds_the_difference(timed: list[float], drawn: list[tuple[float, bool]]) -> None:
    waits = _split(drawn)
    first, second = kaplan_meier(timed, []).median, kaplan_meier(*waits).median
    low, high = difference_of_medians_ci95(timed, waits)
    assert first is not None
    if second is not None:
        assert low is None or low <= first - second
        assert high is None or first - second <= high


@settings(max_examples=10, deadline=None)
@given(st.lists(times, min_size=20, max_size=30), st.integers(1, 1000))
def test_a_constant_moves_the_interval_by_itself(timed: list[float], shift: int) -> None:
    waits = Waits([float(wait) for wait in range(1, 31)], [])
    low, high = difference_of_medians_ci95(timed, waits)
    assert low is not None
    assert high is not None
    moved = difference_of_medians_ci95([seconds + shift for seconds in timed], waits)
    assert moved == (low + shift, high + shift)


def test_many_cases_are_thinned_evenly() -> None:
    waits = [float(wait) for wait in range(100_000)]
    sample = _Cases(Waits(waits, []))
    assert (sample.times.size, sample.times[0], sample.times[-1]) == (2000, 0, 99_999)
    assert float(np.median(sample.times)) == pytest.approx(statistics.median(waits), abs=1)


def test_a_large_desk_has_its_interval_in_time() -> None:
    """40 measured talks and 3,000 handoffs took 0.15 s when this was written; no machine needs ten times that."""
    draw = random.Random(1)  # noqa: S311
    timed = [draw.lognormvariate(6, 1) for _ in range(40)]
    waits = Waits(
        [draw.lognormvariate(5, 1) for _ in range(2400)], [draw.lognormvariate(5, 1) for _ in range(600)]
    )
    difference_of_medians_ci95(timed, waits)  # SciPy is imported now.
    began = time.thread_time()
    difference_of_medians_ci95(timed, waits)
    assert time.thread_time() - began < 1.5
