"""The simulation of the intervals: it asks what the product answers, and the table in the docs is its own."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell
from benchmarks.coverage.formulas import formulas
from benchmarks.coverage.means import STUDENTS, difference_cells, mean_cells
from benchmarks.coverage.medians import median_cells, quantiles, waiting
from benchmarks.coverage.populations import EXPONENTIAL, REPETITIONS, SEED, SKEWED
from benchmarks.coverage.rates import rate_cells
from benchmarks.coverage.report import PAGE, found, page
from benchmarks.coverage.simulation import LIMITED, WAITING
from benchmarks.coverage.started import RESAMPLED, started_cells
from flowpilot.analytics.statistics import kaplan_meier

FOUND = found()
BY_PLACE = {cell[:4]: cell for cell in FOUND.cells}
FEW = 300


@pytest.mark.parametrize("step", [1e-9, 1.0])
def test_the_quantiles_are_those_of_the_product(step: float) -> None:
    """Also of equal times."""
    draw = np.random.default_rng(SEED)
    times = np.ceil(draw.exponential(5, (40, 12)) / step) * step
    ended = (draw.random((40, 12)) < 0.7).astype(float)
    found_ = quantiles(times, ended, 0.5)
    for row in range(40):
        is_ended = ended[row] == 1
        one = kaplan_meier(times[row][is_ended].tolist(), times[row][~is_ended].tolist())
        low, high = one.median_ci95 or (None, None)
        known = (np.inf if one.median is None else one.median, low or 0, np.inf if high is None else high)
        assert (found_.value[row], found_.low[row], found_.high[row]) == pytest.approx(known)


def test_the_page_is_made_of_what_was_found() -> None:
    """After another word or another column: `python -m benchmarks.coverage --page`."""
    assert PAGE.read_text("utf-8") == page(FOUND)


def test_what_was_found_is_of_these_formulas_and_rules() -> None:
    """After another formula or rule, the simulation is run again: `python -m benchmarks.coverage --write`."""
    assert (FOUND.seed, FOUND.repetitions) == (SEED, REPETITIONS)
    now = formulas()
    assert list(now) == list(FOUND.formulas)
    for name, values in now.items():
        assert [value is None for value in values] == [value is None for value in FOUND.formulas[name]], name
        assert [value or 0.0 for value in values] == pytest.approx(
            [value or 0.0 for value in FOUND.formulas[name]], rel=1e-6, abs=1e-9
        ), name


def test_every_formula_has_a_value_and_every_kind_a_row() -> None:
    simulated = {cell.kind for cell in FOUND.cells}
    assert simulated == {*kinds.ALL, STUDENTS}
    for kind in kinds.ALL:
        assert any(value is not None for value in FOUND.formulas[kind]), kind
        assert any(cell.covered is not None for cell in FOUND.cells if cell.kind == kind), kind


def _few() -> Iterator[Cell]:
    """Some cells of each kind again, with fewer samples."""
    yield from rate_cells((10, 30))
    yield from median_cells(SKEWED, WAITING[1], (30, 100), FEW)
    yield from mean_cells(SKEWED, None, (100, 200), FEW)
    for population, limits in LIMITED:
        yield from mean_cells(population, limits, (30, 50), FEW)
        yield from difference_cells(population, limits, (50,), FEW)
    yield from difference_cells(EXPONENTIAL, None, (200,), FEW)
    yield from started_cells(EXPONENTIAL, WAITING[1], (10, 50), FEW)


def test_some_cells_drawn_again_agree_with_the_table() -> None:
    """Within four standard errors of fewer samples, and of the table."""
    drawn = list(_few())
    assert {cell.kind for cell in drawn} == {*kinds.ALL, STUDENTS} - {kinds.RESAMPLED}
    for cell in drawn:
        kept = BY_PLACE[cell[:4]]
        assert (cell.covered is None) == (kept.covered is None), cell
        if cell.covered is not None and kept.covered is not None:
            is_exact = kept.lowest is not None
            room = 1e-6 if is_exact else 4 * (kept.covered * (1 - kept.covered) / FEW + 1e-4) ** 0.5
            assert abs(cell.covered - kept.covered) <= room, (cell, kept)
            assert abs(cell.shown - kept.shown) <= (1e-6 if is_exact else 0.1), (cell, kept)


def _is_too_cautious(cell: Cell) -> bool:
    """Those of which the page says that they cover more than 97 %."""
    return (
        (cell.kind == kinds.P95 and cell.condition != waiting(0))
        or cell.kind == kinds.DIFFERENCE_999
        or (cell.kind in {kinds.RESTRICTED, kinds.MEAN} and cell.n <= 100)
    )


def test_what_is_shown_covers_what_it_promises() -> None:
    """From 93 to 97 %, give or take three standard errors of the simulation."""
    for cell in FOUND.cells:
        if cell.covered is None or cell.kind == STUDENTS:
            continue
        samples = RESAMPLED.get(cell.n, 0) if cell.kind == kinds.RESAMPLED else REPETITIONS * cell.shown
        room = 3 * (0.05 * 0.95 / samples) ** 0.5
        # Where hardly any sample reaches both medians, those that do are the quick ones, as the page says.
        is_hardly_reached = cell.kind == kinds.DIFFERENCE_OF_MEDIANS and cell.shown < 0.25
        assert cell.covered >= (0.86 if is_hardly_reached else 0.93) - room, cell
        assert cell.covered <= 0.97 + room or _is_too_cautious(cell), cell
        assert cell.lowest is None or cell.lowest >= 0.9, cell


def test_a_mean_of_few_cases_has_none() -> None:
    """It is in the table that a dash is a dash whatever the cases are."""
    means = [cell for cell in FOUND.cells if cell.kind == kinds.MEAN]
    assert {cell.n for cell in means if cell.covered is None} == {10, 30, 50, 100}
    assert all(cell.covered is None or cell.shown > 0.99 for cell in means)
