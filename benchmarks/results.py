"""The figures as a table, in the terminal and in RESULTS.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from benchmarks.aims import RATIO_HEADERS, RATIOS_IN_WORDS, ReportRatios, ratio_cells
from benchmarks.importing.measure import ImportCost
from benchmarks.importing.table import imports_markdown
from benchmarks.live import LiveTiming
from benchmarks.matching import Matching, matching_markdown
from benchmarks.measure import COUNT, HEALTHZ, Timing, naive_of
from benchmarks.recalled import Recalling, recalling_markdown
from benchmarks.similar import Similar, similar_markdown
from benchmarks.statements import Statements

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADERS = (
    "report",
    "p50 ms",
    "p95 ms",
    "aim p50 ms",
    "SQL own / total",
    "x healthz",
    "x count(*)",
    "naive p50 ms",
    "naive / ours",
)

_HOW = """\
## How

- `flowpilot serve` runs in its own process, with the embedded PostgreSQL as shipped. One client sends one request
  at a time over HTTP with keep-alive, for the period 90d, with API keys of the account.
- A round requests everything in both tables once, so that a noisy moment of the machine affects all of it. The
  ratios are those of the medians of one run. The first rounds are not counted.
- `SELECT count(*)` counts the sessions of the same window in the same account, as the runtime role, through
  psycopg; only the statement is timed, not the transaction around it.
- Naive: the contract's figures alone, one statement each, in the plainest SQL (`benchmarks/naive`), as the runtime
  role through psycopg, in one round of ten. Ours answers more, and over HTTP.
- Imports: a log made for it in the columns of ServiceNow, or the one of `--log`, into an empty installation, then
  into another account, and one four times as long into a third; each in a process of its own, whose memory is
  shown. The server's CPU is that of PostgreSQL's processes that ended meanwhile.
- SQL: the report's own statements, then all of the request's, which include one that states the account and the
  look-up of the key. BEGIN and COMMIT, which every transaction has, are not counted.
- The data: five steps per session; 60 % of an account's sessions are in the 90-day window, the others before it;
  20 % are handed over; 60 % have a push, and 60 % a time entry. The accounts have grown side by side, so their
  rows are mixed. `VACUUM (ANALYZE)` takes the place of months of autovacuum.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a report, or something that reports are compared to."""

    cells: tuple[str, ...]
    misses_aim: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """How often what people write finds what it should."""

    matching: Matching
    similar: Similar
    recalling: Recalling


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run has measured. `tables` are the reports by size; `texts` are None if they were left out."""

    tables: Mapping[str, Sequence[Row]]
    ratios: Sequence[ReportRatios]
    imports: Sequence[ImportCost]
    live: LiveTiming
    texts: Texts | None
    machine: Mapping[str, str]
    date: str
    rounds: int


def rows(
    timings: Mapping[str, Timing], statements: Mapping[str, Statements], aims: Mapping[str, float]
) -> Iterator[Row]:
    """The lines of one size. `aims` are the p50 that reports should stay under, in milliseconds."""
    healthz, count = timings[HEALTHZ].p50, timings[COUNT].p50
    naive = {naive_of(what) for what in timings} & timings.keys()
    for what in [what for what in timings if what not in naive]:
        timing, plainest = timings[what], timings.get(naive_of(what))
        sent, aim = statements.get(what), aims.get(what)
        cells = (
            what,
            f"{timing.p50:.1f}",
            f"{timing.p95:.1f}",
            "" if aim is None else f"< {aim:.0f}",
            "" if sent is None else f"{sent.own} / {sent.total}",
            f"{timing.p50 / healthz:.1f}",
            f"{timing.p50 / count:.2f}",
            "" if plainest is None else f"{plainest.p50:.1f}",
            "" if plainest is None else f"{plainest.p50 / timing.p50:.1f}",
        )
        yield Row(cells, misses_aim=aim is not None and timing.p50 >= aim)


def terminal_table(title: str, lines: Sequence[Row]) -> Table:
    """The table for the terminal; a figure that misses its aim is red."""
    table = Table(title=title, title_justify="left")
    for number, header in enumerate(HEADERS):
        table.add_column(header, justify="right" if number else "left", no_wrap=True)
    for row in lines:
        table.add_row(*row.cells, style="red" if row.misses_aim else None)
    return table


def markdown_table(lines: Sequence[Row]) -> str:
    """The table for RESULTS.md; a figure that misses its aim is bold."""
    head = ["| " + " | ".join(HEADERS) + " |", "|" + "|".join(["---", *["---:"] * (len(HEADERS) - 1)]) + "|"]
    body = (
        row.cells if not row.misses_aim else (row.cells[0], f"**{row.cells[1]}**", *row.cells[2:]) for row in lines
    )
    return "\n".join([*head, *("| " + " | ".join(cells) + " |" for cells in body)])


def ratios_table(ratios: Sequence[ReportRatios]) -> Table:
    """The ratios for the terminal; a line with one that misses its aim is red."""
    table = Table(title=f"Ratios. {RATIOS_IN_WORDS}", title_justify="left")
    for number, header in enumerate(RATIO_HEADERS):
        table.add_column(header, justify="right" if number else "left", no_wrap=True)
    for one in ratios:
        is_missed = any(ratio.is_missed for ratio in (one.small, one.large, one.growth))
        table.add_row(*ratio_cells(one), style="red" if is_missed else None)
    return table


def ratios_markdown(ratios: Sequence[ReportRatios]) -> str:
    """The section of the ratios in RESULTS.md."""
    head = ["| " + " | ".join(RATIO_HEADERS) + " |", "|---|" + "---:|" * (len(RATIO_HEADERS) - 1)]
    body = ["| " + " | ".join(ratio_cells(one)) + " |" for one in ratios]
    return "\n".join(["## Ratios", "", *head, *body, "", RATIOS_IN_WORDS])


def markdown(results: Results, history: str) -> str:
    """All of RESULTS.md; `history` is its last section."""
    sections = (f"## {title}\n\n{markdown_table(lines)}" for title, lines in results.tables.items())
    facts = "\n".join(f"- {name}: {value}" for name, value in results.machine.items())
    texts = results.texts
    assert texts is not None, "RESULTS.md has them"
    head = (
        "# What the reports cost\n\n"
        f"Measured on {results.date} by `python -m benchmarks --write`, {results.rounds} requests per report and"
        " size. `make bench` prints the same for your machine. Beside it:"
        " [steps and claims](RATES.md), [pages](PAGES.md), and [an account that has grown](GROWN.md)."
    )
    more = (
        ratios_markdown(results.ratios),
        imports_markdown(results.imports),
        f"## The live stream\n\n{results.live}",
        matching_markdown(texts.matching),
        similar_markdown(texts.similar),
        recalling_markdown(texts.recalling),
        f"## Measured on\n\n{facts}",
    )
    return "\n\n".join([head, *sections, *more, _HOW, history]) + "\n"
