"""The ratios of earlier commits: a table at the end of RESULTS.md. Each run that is written adds a line."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.aims import ReportRatios
from benchmarks.importing.measure import ImportCost
from benchmarks.measure import REPORTS

HEADING = "## Ratios by commit"
_ROOT = Path(__file__).parents[1]
_WHAT = (
    "A line for each run that was written. Of reports: naive / ours, in the large account; of those without naive"
    " queries, large / small. Of imports: how many times as long as COPY. All are of one run each, so runs on"
    " different machines can be compared."
)
_HEADERS = ("commit", "date", "sessions", *REPORTS, "import")


def history_line(
    commit: str, date: str, sessions: int, ratios: Sequence[ReportRatios], later_import: ImportCost
) -> tuple[str, ...]:
    """The line of a run."""
    return (
        *(commit, date, f"{sessions:,}"),
        *(_of_report(one) for one in ratios),
        f"{later_import.against_plain:.0f}",
    )


def history_markdown(before: str, line: Sequence[str]) -> str:
    """The section with one more line. `before` is the text of RESULTS.md.

    A run of the same commit and size takes the place of the earlier one.
    """
    kept = [cells for cells in _lines(before) if (cells[0], cells[2]) != (line[0], line[2])]
    head = ["| " + " | ".join(_HEADERS) + " |", "|---|---|" + "---:|" * (len(_HEADERS) - 2)]
    body = ["| " + " | ".join(cells) + " |" for cells in [*kept, list(line)]]
    return "\n".join([HEADING, "", _WHAT, "", *head, *body])


def this_commit() -> str:
    """What is measured: the commit, and whether something was changed since; "unknown" outside a repository."""
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - Our own command.
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def _of_report(ratios: ReportRatios) -> str:
    if ratios.large.value is not None:
        return f"{ratios.large.value:.1f}"
    assert ratios.growth.value is not None
    return f"x {ratios.growth.value:.2f}"


def _lines(text: str) -> list[list[str]]:
    """The lines of the table in a text, without its head. A report that is younger than a line is empty there."""
    section = text.partition(HEADING)[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in row.strip().strip("|").split("|")]
        for row in section.splitlines()
        if row.startswith("|")
    ]
    if not rows:
        return []
    names, lines = rows[0], [dict(zip(rows[0], cells, strict=True)) for cells in rows[2:]]
    assert set(names) <= set(_HEADERS), f"{names} has columns that are no reports"
    return [[line.get(name, "") for name in _HEADERS] for line in lines]
