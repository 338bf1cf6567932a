"""`make reliability`: count what arrives in each ticket system while everything fails."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.machine import describe_machine
from benchmarks.reliability import results
from benchmarks.reliability.desks import TARGETS, installed
from benchmarks.reliability.run import Counts, Plan, run
from benchmarks.reliability.slowness import Slowness, measure_slowness
from benchmarks.server import temporary_settings
from flowpilot.migrations.opening import migrated_database

console = Console()


def main(
    sessions: Annotated[int, typer.Option(min=1, help="Sessions to close for each ticket system.")] = 200,
    kills: Annotated[int, typer.Option(min=1, help="How often the server is killed meanwhile.")] = 20,
    only: Annotated[list[str] | None, typer.Option("--only", help="This ticket system; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=0, help="Sessions to time beside a ticket system that is down.")] = 60,
    write: Annotated[bool, typer.Option("--write", help="Write benchmarks/RELIABILITY.md.")] = False,
) -> None:
    """Close sessions while the server is killed, answers are lost and the ticket system is down; count all."""
    counted: dict[str, Counts] = {}
    for kind in only or installed():
        counted |= _counted(kind, Plan(sessions, kills))
    slowness, machine = _slowness(rounds)
    console.print(results.table(counted))
    console.print(results.slowness_sentence(slowness))
    if write:
        results.RESULTS.write_text(results.markdown(counted, slowness, machine))
    if not all(counts.is_exact for counts in counted.values()):
        sys.exit(1)


def _counted(kind: str, plan: Plan) -> dict[str, Counts]:
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
        return {target.name: counts}


def _slowness(rounds: int) -> tuple[Slowness, dict[str, str]]:
    with temporary_settings() as settings, migrated_database(settings) as urls, console.status("Timing sessions"):
        return measure_slowness(settings, urls, rounds), describe_machine(urls.owner)


if __name__ == "__main__":
    typer.run(main)
