"""Waits in their order: what is merged is what was ordered together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates.curves import in_order, merged

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
