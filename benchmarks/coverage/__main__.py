"""`python -m benchmarks.coverage --log FILE`: how often each kind of interval covers.

`--write` keeps what was found and writes docs/intervals.md; `--page` writes only the page, of what was found
before. FILE is `incident_event_log.csv.gz` of the UCI Machine Learning Repository's data set 498.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.coverage.formulas import formulas
from benchmarks.coverage.populations import REPETITIONS, SEED, read_times
from benchmarks.coverage.report import PAGE, Found, found, keep, page
from benchmarks.coverage.simulation import simulate


def main(
    log: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The real log, packed with gzip.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Keep what was found, and write docs/intervals.md.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at once; otherwise one for each processor.")
    ] = None,
    only_page: Annotated[bool, typer.Option("--page", help="Simulate nothing; write the page again.")] = False,
) -> None:
    """Simulate each kind of 95 % interval. It takes some minutes of two processors."""
    if only_page:
        PAGE.write_text(page(found()), "utf-8")
        return
    if log is None:
        raise typer.BadParameter("Name the real log with --log FILE.")
    run = Found(SEED, REPETITIONS, formulas(), simulate(read_times(log), processes))
    if write:
        keep(run)
        PAGE.write_text(page(run), "utf-8")
    else:
        print(page(run))


if __name__ == "__main__":
    typer.run(main)
