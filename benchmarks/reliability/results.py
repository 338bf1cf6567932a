"""The counts as a table, in the terminal and in RELIABILITY.md."""

from collections.abc import Mapping

from rich.table import Table

from benchmarks.reliability.run import Counts
from benchmarks.reliability.slowness import Slowness
from flowpilot.clock import now

_HEADERS = (
    "ticket system",
    "sessions",
    "kills",
    "answers lost",
    "down s",
    "notes stored",
    "doubled",
    "missing",
    "times expected",
    "times stored",
    "minutes expected",
    "minutes stored",
    "unit s",
    "seconds",
    "on",
)

HEAD = f"| {' | '.join(_HEADERS)} |\n|---|{'---:|' * (len(_HEADERS) - 1)}"


def table(counted: Mapping[str, Counts]) -> Table:
    """The table for the terminal; a run that is not exact is red."""
    made = Table()
    for number, header in enumerate(_HEADERS):
        made.add_column(header, justify="right" if number else "left")
    for name, counts in counted.items():
        made.add_row(*_cells(name, counts), style=None if counts.is_exact else "red")
    return made


def row(name: str, counts: Counts) -> str:
    """A line of the table in RELIABILITY.md."""
    return f"| {' | '.join(_cells(name, counts))} |"


def slowness_sentence(slowness: Slowness) -> str:
    """What sessions cost with a ticket system that is down."""
    said = []
    for what in ("step", "resolve"):
        down, none = slowness.medians(what)
        said.append(f"{what} {down:.1f} ms beside {none:.1f} ms (x {down / none:.2f})")
    count = len(slowness.none["step"])
    return (
        f"p50 with a ticket system that is down, beside none, {count} sessions each in turn: {'; '.join(said)} "
        f"({now():%Y-%m-%d})."
    )


def _cells(name: str, counts: Counts) -> tuple[str, ...]:
    figures = (
        counts.sessions,
        counts.kills,
        counts.answers_lost,
        counts.down_seconds,
        counts.notes_stored,
        counts.notes_doubled,
        counts.notes_missing,
        counts.times_expected,
        counts.times_stored,
        counts.minutes_expected,
    )
    more = (f"{counts.minutes_stored:g}", f"{counts.unit_seconds:g}", f"{counts.seconds:.0f}", f"{now():%Y-%m-%d}")
    return (name, *map(str, figures), *more)
