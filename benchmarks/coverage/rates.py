"""Wilson's intervals of rates and Newcombe's of their differences: exactly, because counts can be counted."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell, averaged
from benchmarks.coverage.populations import SIZES, Floats
from flowpilot.analytics.statistics import Z999, difference_ci95, wilson

RATES = np.arange(0.05, 0.951, 0.05)
_AVERAGE = "averaged over the rates 5, 10 … 95 %"
_PAIRS = "averaged over all pairs of them"


def rate_cells(sizes: tuple[int, ...] = SIZES) -> Iterator[Cell]:
    """Of one rate, of two, and of two at the level of what is compared every day."""
    for n in sizes:
        low, high = _bounds(n)
        covers = (low[:, None] <= RATES) & (high[:, None] >= RATES)
        yield _cell(kinds.RATE, _AVERAGE, n, np.sum(_likely(n) * covers, axis=0))
    for kind, z in ((kinds.DIFFERENCE_OF_RATES, None), (kinds.DIFFERENCE_999, Z999)):
        for n in sizes:
            yield _cell(kind, _PAIRS, n, _of_differences(n, z).ravel())


def _cell(kind: str, condition: str, n: int, covered: Floats) -> Cell:
    return averaged(kind, "counts", condition, n, ((1.0, float(one)) for one in covered))


def _likely(n: int) -> Floats:
    return np.asarray(stats.binom.pmf(np.arange(n + 1)[:, None], n, RATES), dtype=np.float64)


def _bounds(n: int, z: float | None = None) -> Floats:
    return np.array([(wilson(part, n) if z is None else wilson(part, n, z)) for part in range(n + 1)]).T


def _of_differences(n: int, z: float | None) -> Floats:
    """The coverage at each pair of rates, from all pairs of counts of two sides of the same size."""
    shares, (low, high) = (np.arange(n + 1) / n).tolist(), _bounds(n, z).tolist()
    found = np.array([
        [difference_ci95(shares[i], (low[i], high[i]), shares[j], (low[j], high[j])) for j in range(n + 1)]
        for i in range(n + 1)
    ])  # fmt: skip
    likely, rounding = _likely(n), 1e-12
    covered = np.empty((RATES.size, RATES.size))
    for gap in range(RATES.size):
        true = RATES[gap] - RATES[0]
        covers = ((found[:, :, 0] <= true + rounding) & (found[:, :, 1] >= true - rounding)).astype(float)
        higher, lower = likely[:, gap:], likely[:, : RATES.size - gap]
        same_gap = np.einsum("ik,ij,jk->k", higher, covers, lower, optimize=True)
        # The other way round it is the same, because the interval turns with its sides.
        for place, one in enumerate(same_gap):
            covered[place + gap, place] = covered[place, place + gap] = one
    return covered
