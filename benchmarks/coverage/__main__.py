"""`python -m benchmarks.coverage --log FILE`: how often each kind of interval covers.

`--write` writes docs/intervals.md. FILE is `incident_event_log.csv.gz` of the UCI Machine Learning Repository's
data set 498.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.coverage.means import mean_cells
from benchmarks.coverage.medians import median_cells
from benchmarks.coverage.populations import INVENTED, read_times, real
from benchmarks.coverage.rates import rate_cells
from benchmarks.coverage.report import PAGE, page
from benchmarks.coverage.started import started_cells

_WAITING = (0, 0.25, 0.5)
# An even one, a skewed one and one of two kinds; the real times come last.
_WAITS = (INVENTED[2], INVENTED[4], INVENTED[7])


def main(
    log: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The real log, packed with gzip.")],
    write: Annotated[bool, typer.Option("--write", help="Write docs/intervals.md.")] = False,
) -> None:
    """Simulate each kind of 95 % interval. It takes a minute or two."""
    times = real(read_times(log))
    waits = (*_WAITS, times)
    written = page(
        list(rate_cells()),
        list(median_cells(waits, _WAITING)),
        list(mean_cells((*INVENTED, times))),
        list(started_cells(waits, _WAITING)),
    )
    if write:
        PAGE.write_text(written, "utf-8")
    else:
        print(written)


if __name__ == "__main__":
    typer.run(main)
