"""What imports cost as a table, in the terminal and in RESULTS.md."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.importing.measure import AIM_FIRST, AIM_MEMORY, AIM_ROWS_PER_SECOND, LONGER, ImportCost

_HEADERS = (
    "import",
    "rows",
    "rows a second",
    "own CPU s",
    "server CPU s",
    "peak MB",
    "of it the import",
    "x COPY",
)


def imports_table(costs: Sequence[ImportCost]) -> Table:
    """The table for the terminal."""
    table = Table(title="Imports", title_justify="left")
    for number, header in enumerate(_HEADERS):
        table.add_column(header, justify="right" if number else "left", no_wrap=True)
    for cost in costs:
        table.add_row(*_cells(cost))
    return table


def imports_markdown(costs: Sequence[ImportCost]) -> str:
    """The section of RESULTS.md."""
    head = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(_cells(cost)) + " |" for cost in costs]
    return "\n".join(["## Imports", "", *head, *body, "", imports_in_words(costs)])


def imports_in_words(costs: Sequence[ImportCost]) -> str:
    """The ratios, with their aims."""
    first, later, longer = costs
    as_later, memory = first.seconds / later.seconds, longer.peak_mb / later.peak_mb
    return (
        f"Aims: {AIM_ROWS_PER_SECOND:,} rows a second; the first takes at most {AIM_FIRST} times as long as a"
        f" later one (here {as_later:.2f}), and {LONGER} times the cases need at most {AIM_MEMORY} times the"
        f" memory (here {memory:.2f}). x COPY: how many times as long as copying the file into a table without"
        " indexes."
    )


def _cells(cost: ImportCost) -> tuple[str, ...]:
    server = cost.server_cpu_seconds
    return (
        cost.what,
        f"{cost.rows:,}",
        f"{cost.rows_per_second:,.0f}",
        f"{cost.own_cpu_seconds:.1f}",
        "unknown" if server is None else f"{server:.1f}",
        f"{cost.peak_mb:.0f}",
        f"{cost.peak_mb - cost.before_mb:.0f}",
        f"{cost.against_plain:.0f}",
    )
