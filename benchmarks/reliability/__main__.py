"""`make reliability`: count what arrives while everything fails, and time sessions meanwhile."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.machine import describe_machine
from benchmarks.reliability import report, results
from benchmarks.reliability.desks import TARGETS, installed
from benchmarks.reliability.report import Report
from benchmarks.reliability.run import Counts, Plan, run
from benchmarks.reliability.slowness import measure_slowness
from benchmarks.server import temporary_settings
from flowpilot.migrations.opening import migrated_database

console = Console()
app = typer.Typer()

Write = Annotated[bool, typer.Option("--write", help="Write benchmarks/RELIABILITY.md.")]
Meanwhile = Annotated[str, typer.Option(help="What else the machine does meanwhile, for the file.")]


@app.command()
def arrivals(
    sessions: Annotated[int, typer.Option(min=1, help="Sessions to close for each ticket system.")] = 200,
    kills: Annotated[int, typer.Option(min=1, help="How often the server is killed meanwhile.")] = 20,
    only: Annotated[list[str] | None, typer.Option("--only", help="This ticket system; may be repeated.")] = None,
    write: Write = False,
    meanwhile: Meanwhile = "nothing else",
) -> None:
    """Close sessions while the server is killed, answers are lost and the ticket system is down; count all."""
    counted: dict[str, Counts] = {}
    for kind in only or installed():
        name, counts, machine = _count(kind, Plan(sessions, kills))
        counted[name] = counts
        if write:
            _write_row(name, counts, machine | {"meanwhile": meanwhile})
    console.print(results.table(counted))
    if not all(counts.is_exact for counts in counted.values()):
        sys.exit(1)


@app.command()
def slowness(
    rounds: Annotated[int, typer.Option(min=1, help="Sessions to time in each account.")] = 60,
    write: Write = False,
    meanwhile: Meanwhile = "nothing else",
) -> None:
    """Time a step and the end of a session beside a ticket system that is down, and without any."""
    with temporary_settings() as settings, migrated_database(settings) as urls, console.status("Timing sessions"):
        measured, machine = measure_slowness(settings, urls, rounds), describe_machine(urls.owner)
    sentence = results.slowness_sentence(measured)
    console.print(sentence)
    if write:
        machine |= {"meanwhile": meanwhile}
        report.write(Report(report.read(machine).rows, sentence), results.HEAD, machine)


def _count(kind: str, plan: Plan) -> tuple[str, Counts, dict[str, str]]:
    """Count in an installation of its own, with a bar for each thing that is counted."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        TARGETS[kind]() as target,
        temporary_settings() as settings,
        migrated_database(settings) as urls,
        Progress(*columns, console=console) as progress,
    ):
        totals = {"sessions closed": plan.sessions, "kills": plan.kills, "steps confirmed": 2 * plan.sessions}
        bars = {name: progress.add_task(f"{target.name}: {name}", total=most) for name, most in totals.items()}
        counts = run(target, plan, settings, urls, lambda name, more: progress.advance(bars[name], more))
        return target.name, counts, describe_machine(urls.owner)


def _write_row(name: str, counts: Counts, machine: Mapping[str, str]) -> None:
    before = report.read(machine)
    rows = {**before.rows, name: results.row(name, counts)}
    report.write(Report(rows, before.slowness), results.HEAD, machine)


if __name__ == "__main__":
    app()
