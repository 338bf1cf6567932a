"""`python -m benchmarks`: build the accounts, measure every report, print the figures."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_cache_path
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.build import Built, Shape, build, clear, find_built, keep, vacuum
from benchmarks.live import LiveTiming, measure_live
from benchmarks.machine import describe_machine
from benchmarks.matching import matching_table, measure_matching
from benchmarks.measure import REPORTS, WARM_UP_ROUNDS, Size, measure
from benchmarks.recalled import measure_recalling, recalling_table
from benchmarks.results import RESULTS, Row, markdown, rows, terminal_table
from benchmarks.server import bench_settings, running_server
from benchmarks.similar import measure_similar, similar_table
from benchmarks.statements import count_statements
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings

SMALL_AIM_MS = 15.0
DASHBOARD_AIM_MS = 400.0

console = Console()
# A table keeps its width, even if the terminal is narrow or there is no terminal.
wide = Console(width=max(console.width, 130))


def _kept() -> Path:
    # The user who runs PostgreSQL for root has no access to root's home.
    return user_cache_path("flowpilot-bench") if os.geteuid() else Path("/var/cache/flowpilot-bench")


def main(
    sessions: Annotated[int, typer.Option(min=100, help="Sessions of the large account.")] = 1_000_000,
    accounts: Annotated[int, typer.Option(min=1, help="How many small accounts.")] = 100,
    small_sessions: Annotated[int, typer.Option(min=100, help="Sessions of each small account.")] = 5_000,
    rounds: Annotated[int, typer.Option("--requests", min=2, help="Requests per report and size.")] = 60,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where to keep the data between runs; a cache directory by default.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the data again, even if there is some.")
    ] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Remove the data afterwards.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/RESULTS.md.")] = False,
) -> None:
    """Measure every report over HTTP at both sizes. Data that is less than a day old is used again."""
    root = data_dir or _kept()
    shape = Shape(sessions, accounts, small_sessions)
    place = root / shape.place
    built = None if rebuild else find_built(place)
    if built is None:
        clear(root)
    settings = bench_settings(place)
    with migrated_database(settings) as urls:
        if built is None:
            built = _build(urls, shape)
            keep(place, built)
        tables, live = _measure(settings, urls, shape, built, rounds)
        matching = measure_matching(urls.runtime)
        similar = measure_similar(urls.runtime)
        recalling = measure_recalling(urls.runtime)
        machine = describe_machine(urls.owner)
    for title, lines in tables.items():
        wide.print(terminal_table(title, lines))
    wide.print(str(live), highlight=False)
    wide.print(matching_table(matching))
    wide.print(matching.cost, highlight=False)
    wide.print(similar_table(similar))
    wide.print(similar.rule, highlight=False)
    wide.print(recalling_table(recalling))
    for name, value in machine.items():
        wide.print(f"{name}: {value}", highlight=False)
    if write:
        RESULTS.write_text(
            markdown(tables, live, matching, similar, recalling, machine, f"{now():%Y-%m-%d}", rounds)
        )
    if discard:
        clear(root)


def _build(urls: DatabaseUrls, shape: Shape) -> Built:
    started = time.perf_counter()
    with _progress("Building sessions", shape.sessions) as (progress, task):
        built = build(urls, shape, lambda count: progress.advance(task, count))
    with console.status("Vacuuming"):
        vacuum(urls)
    console.print(f"Built {shape.sessions:,} sessions in {time.perf_counter() - started:.0f} s.")
    return built


def _measure(
    settings: Settings, urls: DatabaseUrls, shape: Shape, built: Built, rounds: int
) -> tuple[dict[str, list[Row]], LiveTiming]:
    small = Size(f"{shape.small_sessions:,} sessions ({len(built.small)} such accounts)", built.small)
    large = Size(f"{shape.large_sessions:,} sessions", [built.large])
    statements = count_statements(settings, urls.runtime, built.small[0])
    with (
        running_server(settings.data_dir) as address,
        _progress("Measuring rounds", WARM_UP_ROUNDS + rounds) as (progress, task),
    ):
        timings = measure(address, urls, [small, large], rounds, lambda: progress.advance(task))
        live = measure_live(address, urls, built.small[0])
    aims = {
        small.name: dict.fromkeys(REPORTS, SMALL_AIM_MS),
        large.name: {"dashboard": DASHBOARD_AIM_MS},
    }
    return {name: list(rows(timings[name], statements, aims[name])) for name in timings}, live


@contextmanager
def _progress(what: str, total: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield progress, progress.add_task(what, total=total)


if __name__ == "__main__":
    typer.run(main)
