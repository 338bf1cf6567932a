"""Where each value of a report's body has to stand in its CSV and in its tables, said apart from the product."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from flowpilot.analytics.tables.flat import row_name

Place = tuple[str, str, str]


def values_of(body: dict[str, Any]) -> dict[Place, list[str]]:
    """The values of a body by the section, row and field of a CSV. No text of theirs may begin a formula."""
    found = defaultdict(list)
    for place, value in _values(body, "", ""):
        words = value if isinstance(value, str) else json.dumps(value)
        found[place].append("" if value is None else words)
    return dict(found)


def values_in_csv(text: str) -> dict[Place, list[str]]:
    """The values of a CSV, by section, row and field."""
    found = defaultdict(list)
    for section, row, field, value in list(csv.reader(io.StringIO(text)))[1:]:
        found[section, row, field].append(value)
    return dict(found)


def check_table(body: dict[str, Any], section: str, rows: Sequence[Sequence[Any]]) -> None:
    """Compare a section's table with the body, cell by cell."""
    items, (header, *lines) = list(_items(body, section.split("."))), rows
    if tuple(header) == ("field", "value"):
        assert {line[0]: line[1] for line in lines} == {
            field: _value(item, field) for item in items for field, _ in lines
        }
        return
    assert len(lines) == len(items), section
    own = [name for name in header if name not in section.split(".")[:-1]]
    for line, item in zip(lines, items, strict=True):
        shown = dict(zip(header, line, strict=True))
        known = {name: _value(item, name) for name in own}
        assert {name: shown[name] for name in own} == known, section


def _values(node: dict[str, Any], section: str, row: str) -> Iterator[tuple[Place, Any]]:
    for field, value in node.items():
        path = f"{section}.{field}".lstrip(".")
        match value:
            case dict():
                yield from _values(value, path, row)
            case [dict(), *_]:
                for position, item in enumerate(value, 1):
                    yield from _values(item, path, row_name(item, position))
            case [low, high] if field.endswith("ci95"):
                yield (section, row, f"{field}_low"), low
                yield (section, row, f"{field}_high"), high
            case list():
                yield (section, row, field), " ".join(map(str, value))
            case _:
                yield (section, row, field), value


def _items(node: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    for one in node if isinstance(node, list) else [] if node is None else [node]:
        if path:
            yield from _items(one[path[0]], path[1:])
        else:
            yield one


def _value(item: dict[str, Any], column: str) -> Any:
    for end, position in (("_low", 0), ("_high", 1)):
        if column.endswith(f"ci95{end}"):
            interval = _at(item, column.removesuffix(end))
            return interval and interval[position]
    value = _at(item, column)
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _at(node: Any, column: str) -> Any:
    for name in column.split("."):
        node = node and node.get(name)
    return node
