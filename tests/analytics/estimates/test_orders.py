"""What is kept of waits by their order is what is computed anew, however long those have waited that go on."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates import orders
from flowpilot.analytics.statistics import Survival, kaplan_meier


def _figures(found: Survival) -> list[object]:
    names = ("mean", "median", "p90", "p95", "median_ci95", "median_ends", "p95_ci95")
    return [getattr(found, name) for name in names]


@given(seed=st.integers(0, 2**32))
def test_a_later_moment_has_what_is_kept_of_the_same_order(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    ended = sorted(float(draw.choice([draw.randrange(9), 9 * draw.random()])) for _ in range(draw.randrange(60)))
    gaps = [gap for gap in pairwise([0.0, *ended, 100.0]) if gap[0] < gap[1]]
    places = [draw.choice(gaps) for _ in range(draw.randrange(30))]
    orders.forget()
    for _ in range(4):
        # The shortest has waited as long as the one that ended before it.
        waits = [draw.choice([low, low + 0.9 * draw.random() * (high - low)]) for low, high in places]
        found = _figures(kaplan_meier(ended, waits))
        assert orders._known.cache_info().currsize == 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(orders, "_known", lambda n, digest: {})
            assert found == _figures(kaplan_meier(ended, waits))
