"""How the times of a file are written, as a mapping says it."""

from collections.abc import Iterator
from typing import Any

from flowpilot.imports.guess.columns import Column, Looked

# The keys of a mapping whose columns are times.
_TIMES = {"at", "created_at", "resolved_at", "closed_at"}


def times_of(draft: dict[str, Any], looked: Looked, zone: str, *, month_first: bool = False) -> dict[str, Any]:
    """The table `times` of a draft: the commonest format of the columns it reads as times, and the others.

    Args:
        draft: a mapping, as the tables and keys of its TOML.
        looked: the file, as it is.
        zone: that of times that state none.
        month_first: which one it is where day and month could be either.
    """
    stated = draft.get("times") or {}
    used = set(time_columns(draft))
    patterns = {
        column.name: _pattern(column, month_first=month_first)
        for column in looked.columns
        if column.patterns and column.name in used
    }
    common = max(patterns.values(), key=list(patterns.values()).count, default=stated.get("format", "iso"))
    others = {name: {"format": pattern} for name, pattern in patterns.items() if pattern != common}
    kept = {name: own for name, own in stated.get("columns", {}).items() if own.get("zone") and name in used}
    for name, own in kept.items():
        others[name] = {**own, "format": patterns.get(name, own["format"])}
    return {"format": common, "zone": zone} | ({"columns": others} if others else {})


def time_columns(draft: dict[str, Any]) -> Iterator[str]:
    """The columns that a draft reads as times."""
    for key, value in draft.items():
        if key in _TIMES and isinstance(value, str):
            yield value
        elif isinstance(value, dict) and key != "times":
            yield from time_columns(value)


def is_ambiguous(draft: dict[str, Any], looked: Looked) -> bool:
    """Whether day and month could be either in a column that a draft reads as times."""
    used = set(time_columns(draft))
    return any(column.is_ambiguous for column in looked.columns if column.name in used)


def _pattern(column: Column, *, month_first: bool) -> str:
    wanted = "%m" if month_first else "%d"
    return next((one for one in column.patterns if one.startswith(wanted)), column.patterns[0])
