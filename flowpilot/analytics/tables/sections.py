"""One section of a report as a table, with exactly the report's values."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from flowpilot.analytics.schemas import Report
from flowpilot.analytics.tables.flat import row_name
from flowpilot.errors import NotFoundError

# What every report has is not a section.
_HEADER = frozenset(Report.model_fields)


class NoSuchSectionError(NotFoundError):
    """The report has no such section; `sections` lists those it has."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a model, with the model that it holds, if any, and whether it holds a list of them."""

    name: str
    model: type[BaseModel] | None
    is_list: bool
    is_open: bool  # An object without a model.


def sections(report: type[BaseModel]) -> list[str]:
    """The parts of a report that make a table: its objects and its lists of objects, as dotted paths.

    A list in the items of another list is a section, too. What every report has, such as the window, is not.
    """
    return [
        path
        for field in _fields(report)
        if field.model is not None and field.name not in _HEADER
        for path in (field.name, *(f"{field.name}.{inner}" for inner in sections(field.model)))
    ]


def section_rows(report: Report, section: str, mode: Literal["json", "python"] = "json") -> list[Sequence[Any]]:
    """The section as rows, of which the first is the header. Values are JSON's, or Python's with true dates.

    A list has a line per item and a column per field. Objects in an item are flattened with dots, an interval is
    two columns, `_low` and `_high`, and lists of plain values are joined by blanks. Lists of objects are left out:
    they are sections themselves, whose first column names the item that each line belongs to. An object has a
    line per field, as `field,value`, and no line if the report has null in its place.

    Raises:
        NoSuchSectionError: the report has no such section.
    """
    check_section(type(report), section)
    field, parents = _find(type(report), section.split("."))
    assert field.model is not None
    found = list(_items(report.model_dump(mode=mode, by_alias=True), section.split(".")))
    rows = [labels | dict(_flat(field.model, item)) for labels, item in found]
    if field.is_list or parents:
        columns = list(
            dict.fromkeys([*parents, *dict(_flat(field.model, None)), *(name for row in rows for name in row)])
        )
        return [columns, *([row.get(column) for column in columns] for row in rows)]
    return [("field", "value"), *(figure for row in rows for figure in row.items())]


def check_section(report: type[BaseModel], section: str) -> None:
    """Make sure that there is such a section.

    Raises:
        NoSuchSectionError: there is not.
    """
    if section not in (known := sections(report)):
        raise NoSuchSectionError(f"There is no such section. Choose one of {', '.join(known)}.", sections=known)


def _fields(model: type[BaseModel]) -> Iterator[_Field]:
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        if isinstance(annotation, types.UnionType):
            annotation = next(kind for kind in get_args(annotation) if kind is not types.NoneType)
        is_list, is_open = get_origin(annotation) is list, get_origin(annotation) is dict
        inner: Any = get_args(annotation)[0] if is_list else annotation
        is_model = isinstance(inner, type) and issubclass(inner, BaseModel)
        yield _Field(info.serialization_alias or name, inner if is_model else None, is_list, is_open)


def _find(model: type[BaseModel], path: Sequence[str]) -> tuple[_Field, list[str]]:
    """The field at the end of the path, and the lists on the way to it."""
    name, *rest = path
    field = next(field for field in _fields(model) if field.name == name)
    if not rest:
        return field, []
    assert field.model is not None
    found, parents = _find(field.model, rest)
    return found, [name, *parents] if field.is_list else parents


def _items(node: Mapping[str, Any], path: Sequence[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What is at the end of the path, each with the names of the items that contain it."""
    name, *rest = path
    value = node[name]
    items = value if isinstance(value, list) else [] if value is None else [value]
    for position, item in enumerate(items, 1):
        if not rest:
            yield {}, item
            continue
        label = {name: row_name(item, position)} if isinstance(value, list) else {}
        yield from ((label | labels, inner) for labels, inner in _items(item, rest))


def _flat(model: type[BaseModel], node: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """The columns of an item and their values; without an item, all possible columns without values."""
    for field in _fields(model):
        value = None if node is None else node[field.name]
        if field.model is not None:
            if not field.is_list:
                yield from ((f"{field.name}.{name}", inner) for name, inner in _flat(field.model, value))
        elif field.is_open:
            yield from ((f"{field.name}.{name}", _plain(inner)) for name, inner in (value or {}).items())
        elif field.name.endswith("ci95"):
            low, high = value or (None, None)
            yield from ((f"{field.name}_low", low), (f"{field.name}_high", high))
        else:
            yield field.name, _plain(value)


def _plain(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value
