"""A report as CSV: every figure on a line of its own, and then the definitions of what it shows."""

from collections.abc import Iterator
from typing import Any

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.schemas import Report
from flowpilot.http.csv import csv_lines

HEADER = ("section", "row", "field", "value")

# The fields that name a row of a section, if it has one of them.
_NAMES = ("date", "domain", "name", "title", "reason")


def to_csv(report: Report) -> str:
    """The report's figures as `section,row,field,value`. Its last section is `definitions`."""
    body = report.model_dump(mode="json", by_alias=True)
    definitions = (
        ("definitions", slug, "definition", METRICS[slug].definition) for slug in body.pop("definitions")
    )
    return csv_lines([HEADER, *_figures(body, section="", row=""), *definitions])


def row_name(item: dict[str, Any], position: int) -> str:
    """What to call an entry of a list: its own name, otherwise its number."""
    return next((str(item[name]) for name in _NAMES if item.get(name) is not None), str(position))


def _figures(node: dict[str, Any], section: str, row: str) -> Iterator[tuple[str, str, str, Any]]:
    for field, value in node.items():
        path = f"{section}.{field}".lstrip(".")
        if isinstance(value, dict):
            yield from _figures(value, path, row)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for position, item in enumerate(value, 1):
                yield from _figures(item, path, row_name(item, position))
        elif isinstance(value, list) and field.endswith("ci95"):
            yield from (
                (section, row, f"{field}_{end}", bound) for end, bound in zip(("low", "high"), value, strict=True)
            )
        elif isinstance(value, list):
            yield section, row, field, " ".join(map(str, value))
        else:
            yield section, row, field, value
