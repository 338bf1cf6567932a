"""What measurements on labelled texts share: what is held back, and shares with their intervals, as tables."""

import hashlib
from collections.abc import Iterable, Sequence

from rich.table import Table

from flowpilot.analytics.statistics import wilson


def is_held_back(name: str) -> bool:
    """Whether no rule may be fitted to what has this name. Adding names moves none from one half to the other."""
    return bool(hashlib.sha256(name.encode()).digest()[-1] % 2)


def share(part: int, whole: int) -> str:
    """A share in percent, with its 95 % Wilson interval."""
    interval = wilson(part, whole)
    if interval is None:
        return "none"
    low, high = (round(100 * bound) for bound in interval)
    return f"{part} of {whole}: {100 * part / whole:.0f} % ({low} to {high})"


def shares_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """The table for the terminal."""
    table = Table(*headers, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def shares_markdown(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], said: Iterable[str]) -> str:
    """The section of RESULTS.md: the table, and the paragraphs below it."""
    lines = [headers, ("---", *["---:"] * (len(headers) - 1)), *rows]
    written = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join([f"## {title}", written, *said])
