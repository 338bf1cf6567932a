"""The simulation of the intervals: it asks what the product answers, and the rule for means holds in it."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.coverage.means import mean_cells
from benchmarks.coverage.medians import quantiles
from benchmarks.coverage.populations import INVENTED, SEED
from benchmarks.coverage.rates import rate_cells
from benchmarks.coverage.report import PAGE
from flowpilot.analytics.statistics import kaplan_meier


@pytest.mark.parametrize("step", [1e-9, 1.0])
def test_the_quantiles_are_those_of_the_product(step: float) -> None:
    """Also of equal times."""
    draw = np.random.default_rng(SEED)
    times = np.ceil(draw.exponential(5, (40, 12)) / step) * step
    ended = (draw.random((40, 12)) < 0.7).astype(float)
    for level, names in ((0.5, ("median", "median_ci95")), (0.95, ("p95", "p95_ci95"))):
        found = quantiles(times, ended, level)
        for row in range(40):
            is_ended = ended[row] == 1
            one = kaplan_meier(times[row][is_ended].tolist(), times[row][~is_ended].tolist())
            value, interval = (getattr(one, name) for name in names)
            low, high = interval
            known = (np.inf if value is None else value, low or 0, np.inf if high is None else high)
            assert (found.value[row], found.low[row], found.high[row]) == pytest.approx(known)


def test_an_interval_of_a_mean_is_seldom_wrong() -> None:
    """Student's t, always shown, would be wrong in a third of the samples of the longest tails."""
    cells = list(mean_cells(INVENTED))
    assert max(cell.wrong for cell in cells) < 0.07
    assert max(1 - cell.students for cell in cells) > 0.4
    usual = [cell for cell in cells if cell.shown > 0.6]
    assert len(usual) > 12
    assert min(cell.covered for cell in usual) > 0.93


def test_rates_cover_what_they_say() -> None:
    for cell in rate_cells():
        assert 0.93 < cell.average < 0.98
        assert cell.lowest > 0.9


def test_the_page_is_that_of_this_seed() -> None:
    assert f"The seed\nis {SEED};" in Path(PAGE).read_text("utf-8")
