"""What measurements on labelled texts share: what is held back, and shares with their intervals, as tables."""

import hashlib
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flowpilot.analytics.statistics import wilson

_RESULTS = Path(__file__).with_name("RESULTS.md")


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


def show(table: Table, said: str, section: str) -> None:
    """Print what was measured alone; with `--write`, put its section in the place of the one in RESULTS.md."""
    console = Console()
    console.print(table)
    console.print(said)
    if "--write" in sys.argv[1:]:
        _RESULTS.write_text(with_section(_RESULTS.read_text("utf-8"), section), "utf-8")


def with_section(text: str, section: str) -> str:
    """The text, with a section in the place of the one that has its title."""
    title = section.partition("\n")[0]
    parts = re.split(r"(?m)^(?=## )", text)
    return "".join(f"{section}\n\n" if part.partition("\n")[0] == title else part for part in parts)
