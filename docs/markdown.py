"""Pieces of Markdown that the reference pages share."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table, or nothing when there are no rows."""
    body = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    if body:
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        yield from (f"| {' | '.join(row)} |" for row in body)
        yield ""


def code(value: object) -> str:
    """A value as code; for a member of an enumeration, its value."""
    return f"`{value.value if isinstance(value, Enum) else value}`"


def doc(thing: object) -> str:
    """A docstring in one line."""
    return " ".join((inspect.getdoc(thing) or "").split())
