"""All cells of the table."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.coverage.cells import Cell
from benchmarks.coverage.means import difference_cells, mean_cells
from benchmarks.coverage.medians import median_cells
from benchmarks.coverage.populations import (
    COMPLETE,
    EXPONENTIAL,
    INVENTED,
    INVERSE,
    RATINGS,
    SKEWED,
    TWO_KINDS,
    Floats,
    Population,
    real,
)
from benchmarks.coverage.rates import rate_cells
from benchmarks.coverage.started import resampled_cells, started_cells

WAITING = (0, 0.25, 0.5)
LIMITED = ((RATINGS, (1.0, 5.0)), (COMPLETE, (0.0, 1.0)))

Part = tuple[Callable[..., Iterator[Cell]], tuple[object, ...]]


def simulate(times: Floats, processes: int | None = None) -> list[Cell]:
    """Each part in one of the processes. What a part draws does not depend on the others."""
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        parts = [pool.submit(_run, place, times) for place in range(len(_parts(real(times))))]
        return [one for part in parts for one in part.result()]


def _run(place: int, times: Floats) -> list[Cell]:
    """A part by its place, because a population cannot be sent to another process."""
    simulation, arguments = _parts(real(times))[place]
    return list(simulation(*arguments))


def _parts(times: Population) -> list[Part]:
    waits = (EXPONENTIAL, SKEWED, TWO_KINDS, times)
    times_to_start = (EXPONENTIAL, TWO_KINDS, times)
    return [
        (rate_cells, ()),
        *((median_cells, (population, share)) for population in waits for share in WAITING),
        *((mean_cells, (population,)) for population in (*INVENTED, times)),
        *((mean_cells, each) for each in LIMITED),
        *((difference_cells, (population,)) for population in (EXPONENTIAL, SKEWED, TWO_KINDS, INVERSE, times)),
        *((difference_cells, each) for each in LIMITED),
        *((started_cells, (population, share)) for population in times_to_start for share in WAITING),
        *((resampled_cells, each) for each in ((EXPONENTIAL, WAITING[1]), (times, WAITING[0]))),
    ]
