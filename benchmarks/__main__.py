"""`python -m benchmarks`: build the accounts, measure every report and imports, print the figures."""

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

from benchmarks.aims import SMALL_MS, ReportRatios, large_ms, report_ratios
from benchmarks.build import Built, Shape, build, clear, find_built, keep, vacuum
from benchmarks.history import history_line, history_markdown, this_commit
from benchmarks.importing.measure import measure_imports
from benchmarks.importing.table import imports_in_words, imports_table
from benchmarks.live import LISTENERS, LiveTiming, measure_live
from benchmarks.machine import describe_machine
from benchmarks.matching import matching_table, measure_matching
from benchmarks.measure import REPORTS, WARM_UP_ROUNDS, Size, measure
from benchmarks.recalled import measure_recalling, recalling_table
from benchmarks.results import RESULTS, Results, Row, Texts, markdown, ratios_table, rows, terminal_table
from benchmarks.server import bench_settings, running_server
from benchmarks.similar import measure_similar, similar_table
from benchmarks.statements import count_statements
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings

console = Console()
# A table keeps its width, even if the terminal is narrow or there is no terminal.
wide = Console(width=max(console.width, 150))


def _kept() -> Path:
    # The user who runs PostgreSQL for root has no access to root's home.
    return user_cache_path("flowpilot-bench") if os.geteuid() else Path("/var/cache/flowpilot-bench")


def main(  # noqa: PLR0913, PLR0917 - Each is an option of the command.
    sessions: Annotated[int, typer.Option(min=100, help="Sessions of the large account.")] = 200_000,
    accounts: Annotated[int, typer.Option(min=1, help="How many small accounts.")] = 20,
    small_sessions: Annotated[int, typer.Option(min=100, help="Sessions of each small account.")] = 5_000,
    rounds: Annotated[int, typer.Option("--requests", min=2, help="Requests per report and size.")] = 60,
    cases: Annotated[int, typer.Option(min=100, help="Cases of the log that is imported.")] = 10_000,
    log: Annotated[
        Path | None, typer.Option(exists=True, help="A CSV log of ServiceNow to import instead, not packed.")
    ] = None,
    texts: Annotated[
        bool, typer.Option(help="Also measure how often what people write finds what it should.")
    ] = True,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where to keep the data between runs; a cache directory by default.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build the data again, even if there is some.")
    ] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Remove the data afterwards.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/RESULTS.md.")] = False,
) -> None:
    """Measure every report over HTTP at both sizes, and imports. Data of less than a day ago is used again."""
    if write and not texts:
        raise typer.BadParameter("All figures are written, or none.", param_hint="--write")
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
        tables, ratios, live = _measure(settings, urls, shape, built, rounds)
        found = _texts(urls) if texts else None
        machine = describe_machine(urls.owner)
    with console.status("Importing"):
        imports = measure_imports(cases, log)
    results = Results(tables, ratios, imports, live, found, machine, f"{now():%Y-%m-%d}", rounds)
    _print(results)
    if write:
        line = history_line(this_commit(), results.date, sessions, ratios, imports[1])
        RESULTS.write_text(markdown(results, history_markdown(RESULTS.read_text("utf-8"), line)), "utf-8")
    if discard:
        clear(root)


def _texts(urls: DatabaseUrls) -> Texts:
    return Texts(measure_matching(urls.runtime), measure_similar(urls.runtime), measure_recalling(urls.runtime))


def _print(results: Results) -> None:
    for title, lines in results.tables.items():
        wide.print(terminal_table(title, lines))
    wide.print(ratios_table(results.ratios))
    wide.print(imports_table(results.imports))
    wide.print(imports_in_words(results.imports), highlight=False)
    wide.print(str(results.live), highlight=False)
    if results.texts is not None:
        wide.print(matching_table(results.texts.matching))
        wide.print(results.texts.matching.cost, highlight=False)
        wide.print(similar_table(results.texts.similar))
        wide.print(results.texts.similar.rule, highlight=False)
        wide.print(recalling_table(results.texts.recalling))
    for name, value in results.machine.items():
        wide.print(f"{name}: {value}", highlight=False)


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
) -> tuple[dict[str, list[Row]], list[ReportRatios], LiveTiming]:
    small = Size(f"{shape.small_sessions:,} sessions ({len(built.small)} such accounts)", built.small)
    large = Size(f"{shape.large_sessions:,} sessions", [built.large])
    statements = count_statements(settings, urls.runtime, built.small[0])
    with (
        running_server(settings.data_dir) as address,
        _progress("Measuring rounds", WARM_UP_ROUNDS + rounds) as (progress, task),
    ):
        timings = measure(address, urls, [small, large], rounds, lambda: progress.advance(task))
        # A short run opens fewer streams, which takes the most of it.
        live = measure_live(address, urls, built.small[0], listeners=min(LISTENERS, shape.large_sessions // 40))
    aims = {
        small.name: dict.fromkeys(REPORTS, SMALL_MS),
        large.name: {report: large_ms(report) for report in REPORTS},
    }
    tables = {name: list(rows(timings[name], statements, aims[name])) for name in timings}
    sizes = (shape.small_sessions, shape.large_sessions)
    return tables, list(report_ratios(timings[small.name], timings[large.name], sizes)), live


@contextmanager
def _progress(what: str, total: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield progress, progress.add_task(what, total=total)


if __name__ == "__main__":
    typer.run(main)
