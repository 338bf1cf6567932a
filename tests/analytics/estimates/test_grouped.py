"""Equal waits may be counted, and groups estimated together: the figures are those of each wait and each group."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.estimates.grouped import Grouped, joined, whole_and_medians
from flowpilot.analytics.statistics import Survival, kaplan_meier

# The group, the time, how many, and whether they have ended.
Wait = tuple[int, float, int, bool]
_WAITS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from([0.0, 0.1, 1.0, 2.5, 6.0, 7.0, 1e6]), st.integers(1, 9), st.booleans()
    )
)


def _grouped(waits: Sequence[Wait]) -> Grouped:
    columns = [np.array(column) for column in zip(*waits, strict=True)] if waits else joined([])
    return Grouped(*columns)


def _one_by_one(waits: Sequence[Wait]) -> Survival:
    sides = [
        [time for _, time, n, is_ended in waits for _ in range(n) if is_ended == side] for side in (True, False)
    ]
    return kaplan_meier(*sides)


@given(_WAITS)
def test_the_median_of_a_group_is_that_of_its_waits(waits: list[Wait]) -> None:
    for group, found in enumerate(whole_and_medians(_grouped(waits), 4)[1]):
        expected = _one_by_one([one for one in waits if one[0] == group])
        figures = expected.n, expected.n_censored, expected.median, expected.median_ci95
        assert (found.n, found.n_censored, found.median, found.median_ci95) == figures


@given(_WAITS)
def test_counted_waits_have_the_figures_of_single_ones(waits: list[Wait]) -> None:
    found, expected = Survival(whole_and_medians(_grouped(waits), 4)[0]), _one_by_one(waits)
    for name in ("n", "n_censored", "median", "median_ci95", "p90", "p95", "p95_ci95", "mean", "median_ends"):
        assert getattr(found, name) == getattr(expected, name), name


def test_many_waits_have_the_median_of_their_middle() -> None:
    draw = np.random.default_rng(1)
    times, counts = draw.permutation(9000) / 7, draw.integers(1, 4, 9000)
    is_ended = draw.random(9000) < 0.7
    waits = list(zip([0] * 9000, times.tolist(), counts.tolist(), is_ended.tolist(), strict=True))
    (whole, [found]), expected = whole_and_medians(_grouped(waits), 1), _one_by_one(waits)
    assert (found.median, found.median_ci95) == (expected.median, expected.median_ci95)
    assert Survival(whole).median_ends == expected.median_ends
