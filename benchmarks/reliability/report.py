"""RELIABILITY.md: what is counted anew replaces what it was before, and everything else stays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "RELIABILITY.md"

_ROWS = "What arrives"
_SLOWNESS = "What a session costs beside it"
_MACHINE = "Counted on"

_INTRODUCTION = """\
`python -m benchmarks.reliability arrivals --write` counts, a run for each row; with `--only` it leaves the other
rows as they are. `make reliability` counts all on your machine."""

_HOW = """\
`flowpilot serve` runs with its worker in its own process, with a data directory of its own. Three engineers
close sessions over HTTP, two on each ticket; each session posts a note and the engineer's time. Meanwhile the
server is killed (SIGKILL) at a random time while postings arrive, and started again at once; for each kill, the
answer to one write is lost on its way; and once the ticket system is down for a while. Sessions, kills and lost
answers are spread over the run. Then all postings end by themselves, and notes and minutes are counted in the
ticket system, not through FlowPilot: each note by a number that only it has. *Expected* are the times and
minutes that FlowPilot has on record. Where the unit is 36 s, the ticket system keeps hours with two decimals:
one minute is 0.02 h, which is 1.2 minutes.

Each connection waits 10 s for a lost answer, a setting whose default is 120 s: these ticket systems answer at once
or never, and an operator's may be slower."""


@dataclass(frozen=True)
class Report:
    """What the file says. `rows` are the table's lines, by the name of their ticket system."""

    rows: Mapping[str, str]
    slowness: str = ""


def read(machine: Mapping[str, str], file: Path = RESULTS) -> Report:
    """What the file says, if it was counted on this machine."""
    sections = _sections(file.read_text()) if file.exists() else {}
    if sections.get(_MACHINE) != _facts(machine):
        return Report({})
    lines = sections.get(_ROWS, "").splitlines()[2:]
    return Report({line.split("|")[1].strip(): line for line in lines}, sections.get(_SLOWNESS, ""))


def write(report: Report, head: str, machine: Mapping[str, str], file: Path = RESULTS) -> None:
    """Write the file again. `head` is the table's first two lines."""
    sections = {
        _ROWS: "\n".join([head, *report.rows.values()]),
        _SLOWNESS: report.slowness or "Not measured.",
        "How": _HOW,
        _MACHINE: _facts(machine),
    }
    text = "\n\n".join(f"## {name}\n\n{section}" for name, section in sections.items())
    file.write_text(f"# Reliability\n\n{_INTRODUCTION}\n\n{text}\n")


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {name: section.strip() for name, section in zip(parts[::2], parts[1::2], strict=True)}


def _facts(machine: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in machine.items() if name != "database")
