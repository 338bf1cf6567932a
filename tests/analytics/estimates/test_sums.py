"""Exact sums: what `fsum` finds, also in parts."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates.sums import exact_sum

_SECONDS = st.lists(st.integers(-(10**6), 2**52).map(lambda microseconds: microseconds / 1e6), max_size=40)


@given(first=_SECONDS, second=_SECONDS)
def test_it_is_the_sum_without_rounding(first: list[float], second: list[float]) -> None:
    parts = exact_sum(np.array(first)) + exact_sum(np.array(second))
    assert float(parts) == math.fsum([*first, *second])
