"""Waits in their order, and the part of a curve in which its band crosses a half."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates import orders
from flowpilot.analytics.estimates.curves import Floats, beginning, counted, in_order, merged, middle
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
    found = kaplan_meier(*_drawn(n, censored_per_ended, digits))
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


@pytest.mark.parametrize("n", [1_999, 3_000, 40_000])
@pytest.mark.parametrize("censored_per_ended", [0, 0.7, 3])
@pytest.mark.parametrize("digits", [-3, 0, 6])
def test_the_beginning_of_a_long_curve_has_the_same_middle(
    n: int, censored_per_ended: float, digits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_known", lambda n, digest: {})
    waits = _drawn(n, censored_per_ended, digits)
    found, whole = kaplan_meier(*waits), kaplan_meier(*waits)
    assert whole.counted is not None
    names = ("median", "median_ci95", "median_ends")
    assert [getattr(found, name) for name in names] == [getattr(whole, name) for name in names]
    if n == 40_000 and not censored_per_ended and digits >= 0:
        assert "counted" not in vars(found)


def _drawn(n: int, censored_per_ended: float, digits: int) -> tuple[Floats, Floats]:
    draw = np.random.default_rng(n)
    ended = np.round(draw.exponential(900, n), digits)
    return ended, np.round(draw.exponential(900, int(n * censored_per_ended)), digits)


@pytest.mark.parametrize("most", [0, 1, 7, 30, 59])
@pytest.mark.parametrize("has_censored", [False, True])
def test_a_curve_begins_as_all_of_it_does(most: int, has_censored: bool) -> None:
    draw = np.random.default_rng(most)
    times, others = (draw.integers(0, 12, size).astype(float) for size in (40, 20 if has_censored else 0))
    waits = in_order(times, others)
    begun = beginning(waits, min(most, waits.times.size - 1))
    size = begun.times.size
    for part, whole in zip(begun, counted(waits), strict=True):
        assert np.array_equal(part, whole[:size])
