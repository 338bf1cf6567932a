"""How the times of a file are written, as a mapping says it."""

from collections.abc import Iterator
from typing import Any

from flowpilot.imports.guess.columns import Column, FileSample
from flowpilot.imports.guess.patterns import DAY_FIRST, MONTH_FIRST, order_of

# The keys of a mapping whose columns are times.
_TIMES = {"at", "created_at", "resolved_at", "closed_at"}


def times_of(
    draft: dict[str, Any], sample: FileSample, zone: str, *, month_first: bool | None = None
) -> dict[str, Any]:
    """The table `times` of a draft: the commonest format of the columns it reads as times, and the others.

    Args:
        draft: a mapping, as the tables and keys of its TOML.
        sample: the file, as it is.
        zone: that of times that state none.
        month_first: which one it is where day and month could be either. None: what another column of the file
            shows, or else what the draft says, or else the day.
    """
    stated = draft.get("times") or {}
    used = set(time_columns(draft))
    patterns = {
        column.name: _pattern(column, _order(column, draft, sample, month_first=month_first))
        for column in sample.columns
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


def is_ambiguous(draft: dict[str, Any], sample: FileSample) -> bool:
    """Whether day and month could be either in a column that a draft reads as times, and no other one shows it."""
    return any(_shown(column, draft, sample) is None for column in _ambiguous(draft, sample))


def is_month_first(draft: dict[str, Any], sample: FileSample) -> bool:
    """Whether a draft reads as the month what could be either."""
    times = draft["times"]
    formats = (times.get("columns", {}).get(one.name, times)["format"] for one in _ambiguous(draft, sample))
    return any(order_of(pattern) == MONTH_FIRST for pattern in formats)


def _ambiguous(draft: dict[str, Any], sample: FileSample) -> list[Column]:
    used = set(time_columns(draft))
    return [column for column in sample.columns if column.is_ambiguous and column.name in used]


def _order(column: Column, draft: dict[str, Any], sample: FileSample, *, month_first: bool | None) -> str:
    if month_first is not None:
        return MONTH_FIRST if month_first else DAY_FIRST
    times = draft.get("times") or {}
    stated = times.get("columns", {}).get(column.name, times).get("format", "")
    return _shown(column, draft, sample) or order_of(stated) or DAY_FIRST


def _shown(column: Column, draft: dict[str, Any], sample: FileSample) -> str | None:
    """Which one comes first in other columns of times with the same marks between, if all that show it agree."""
    used = set(time_columns(draft))
    mark = column.patterns[0][2:3]
    others = (one for one in sample.columns if one.name in used and one.patterns and not one.is_ambiguous)
    orders = {order_of(one.patterns[0]) for one in others if one.patterns[0][2:3] == mark} - {None}
    return orders.pop() if len(orders) == 1 else None


def _pattern(column: Column, order: str) -> str:
    return next((one for one in column.patterns if order_of(one) == order), column.patterns[0])
