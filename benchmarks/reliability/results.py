"""The counts as a table, in the terminal and in RELIABILITY.md."""

from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from benchmarks.reliability.run import Counts
from benchmarks.reliability.slowness import Slowness
from flowpilot.clock import now

RESULTS = Path(__file__).parents[1] / "RELIABILITY.md"

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
)

_HOW = """\
`flowpilot serve` runs with its worker in its own process, with a data directory of its own. Three engineers
close sessions over HTTP, two on each ticket; each session posts a note and the engineer's time. Meanwhile the
server is killed (SIGKILL) at a random time while postings arrive, and started again at once; for each kill, the
answer to one write is lost on its way; and once the ticket system is down for a while. Sessions, kills and lost
answers are spread over the run. Then all postings end by themselves, and notes and minutes are counted in the
ticket system, not through FlowPilot: each note by a number that only it has. *Expected* are the times and
minutes that FlowPilot has on record. Where the unit is 36 s, the ticket system keeps hours with two decimals:
one minute is 0.02 h, which is 1.2 minutes.
"""


def table(counted: Mapping[str, Counts]) -> Table:
    """The table for the terminal; a run that is not exact is red."""
    made = Table()
    for number, header in enumerate(_HEADERS):
        made.add_column(header, justify="right" if number else "left")
    for name, counts in counted.items():
        made.add_row(*_cells(name, counts), style=None if counts.is_exact else "red")
    return made


def slowness_sentence(slowness: Slowness) -> str:
    """What sessions cost with a ticket system that is down."""
    if not slowness.none["step"]:
        return ""
    said = []
    for what in ("step", "resolve"):
        down, none = slowness.medians(what)
        said.append(f"{what} {down:.1f} ms beside {none:.1f} ms (x {down / none:.2f})")
    count = len(slowness.none["step"])
    return f"p50 with a ticket system that is down, beside none, {count} sessions each in turn: {'; '.join(said)}."


def markdown(counted: Mapping[str, Counts], slowness: Slowness, machine: Mapping[str, str]) -> str:
    """All of RELIABILITY.md."""
    head = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(_cells(name, counts)) + " |" for name, counts in counted.items()]
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items() if name != "database")
    sections = (
        "# What arrives",
        f"Counted on {now():%Y-%m-%d} by `python -m benchmarks.reliability --write`. `make reliability` counts on "
        "your machine.",
        "\n".join([*head, *body]),
        "## Sessions are not slower",
        slowness_sentence(slowness),
        f"## How\n\n{_HOW}",
        f"## Counted on\n\n{facts}\n",
    )
    return "\n\n".join(section.strip() for section in sections) + "\n"


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
    more = (f"{counts.minutes_stored:g}", f"{counts.unit_seconds:g}", f"{counts.seconds:.0f}")
    return (name, *map(str, figures), *more)
