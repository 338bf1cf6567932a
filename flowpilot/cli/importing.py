"""`flowpilot import`: a case or event log of another system, into an account."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flowpilot.cli.common import AccountOption, errors
from flowpilot.cli.connection import open_database
from flowpilot.clock import now
from flowpilot.imports.loader import ImportProgress, ImportSummary, import_log
from flowpilot.imports.mapping import load_mapping

# How many warnings are shown; the others are counted.
_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .csv.gz or .zip file.")],
    mapping: Annotated[str, typer.Option(help="A shipped mapping (servicenow), or a .toml file of your own.")],
    account: AccountOption,
) -> None:
    """Import a log, all of it or nothing. Importing the same file again changes nothing."""
    rules = load_mapping(mapping)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with open_database() as urls, Progress(*columns, console=errors, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def on_progress(step: ImportProgress) -> None:
            if step.phase not in tasks:
                tasks[step.phase] = bar.add_task(step.phase.capitalize(), total=1.0)
            bar.update(tasks[step.phase], completed=step.fraction)

        summary = import_log(urls.runtime, account, file, rules, now=now(), progress=on_progress)
    sys.stdout.write(in_words(file, summary) + "\n")


def in_words(file: Path, done: ImportSummary) -> str:
    """What the import did, as the command prints it."""
    if done.already_imported_at is not None:
        return (
            f"{file.name} was already imported on {done.already_imported_at:%Y-%m-%d %H:%M} UTC. Nothing changed."
        )
    if not done.sessions:
        return f"{file.name}: nothing new. Cases that are here already: {done.cases_already_here:,}."
    text = (
        f"Imported {_counted(done.rows, 'row')}. "
        f"Sessions: {done.sessions:,}, with {_counted(done.steps, 'step')}. "
        f"Handoffs: {done.handoffs:,}, {done.claimed:,} of them claimed. New people: {done.people_created:,}."
    )
    if done.cases_already_here:
        text += f" Cases left as they are, because they are here already: {done.cases_already_here:,}."
    return text + _warnings(done.warnings)


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _warnings(warnings: Sequence[Mapping[str, str]]) -> str:
    if not warnings:
        return ""
    lines = [
        f"Ends that the log dates before their beginnings: {len(warnings):,}. Their times are unknown, so no mean"
        " or median counts them. The import keeps all of them in import_runs.warnings:",
        *(f"  {one['ticket']}: {one['field']} {one['text']}, began {one['begins']}" for one in warnings[:_SHOWN]),
    ]
    if len(warnings) > _SHOWN:
        lines.append(f"  and {len(warnings) - _SHOWN:,} more")
    return "\n" + "\n".join(lines)
