"""How far an import has come, as bars."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flowpilot.cli.common import errors
from flowpilot.imports.progress import ImportProgress, OnProgress


@contextmanager
def bars() -> Iterator[OnProgress]:
    """A bar for each phase."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def on_progress(step: ImportProgress) -> None:
            if step.phase not in tasks:
                tasks[step.phase] = bar.add_task(step.phase.capitalize(), total=1.0)
            bar.update(tasks[step.phase], completed=step.fraction)

        yield on_progress
