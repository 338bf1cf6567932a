"""Waits in their order, and the part of a curve in which its band crosses a half."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates.curves import in_order, merged, middle
from flowpilot.analytics.statistics import kaplan_meier

_TIMES = st.lists(st.integers(0, 9).map(float), max_size=12)
Two = tuple[list[float], list[float]]


@given(many=st.tuples(_TIMES, _TIMES), few=st.tuples(_TIMES, _TIMES), times=st.integers(1, 20))
def test_both_together(
    many: tuple[list[float], list[float]], few: tuple[list[float], list[float]], times: int
) -> None:
    ended, censored = (times * one for one in many)
    found = merged(in_order(ended, censored), in_order(*few))
    expected = in_order(ended + few[0], censored + few[1])
    assert np.array_equal(found.times, expected.times)
    assert np.array_equal(found.is_ended, expected.is_ended)


@pytest.mark.parametrize("n", [1_999, 2_000, 3_000, 40_000])
@pytest.mark.parametrize("censored_per_ended", [0, 0.1, 0.7, 3])
@pytest.mark.parametrize("digits", [0, 6])
def test_a_part_of_a_long_curve_is_enough_for_the_interval_of_its_median(
    n: int, censored_per_ended: float, digits: int
) -> None:
    draw = np.random.default_rng(n)
    ended = np.round(draw.exponential(900, n), digits)
    found = kaplan_meier(ended, np.round(draw.exponential(900, int(n * censored_per_ended)), digits))
    curve = found.curve
    assert curve is not None
    whole = [
        next((float(at) for at, end in zip(curve.times, band, strict=True) if end <= 0.5 + 1e-12), None)
        for band in (curve.low, curve.high)
    ]
    assert list(found.median_ci95 or ()) == whole
    if n == 40_000 and censored_per_ended < 1:
        assert found.counted is not None
        assert middle(found.counted) != slice(None)
