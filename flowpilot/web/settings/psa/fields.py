"""A form made from what a ticket system says that it needs (its JSON schemas), and read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

_TYPES = {"integer": "number", "number": "number", "boolean": "checkbox"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form; `kind` is the type of its input, or `choice` for one of `options`."""

    name: str
    label: str
    help: str
    kind: str
    value: Any
    is_required: bool
    options: Sequence[str] = ()


def fields_of(part: str, schema: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> list[FormField]:
    """The fields of a part of a connection. Without `values` they are secret: what is entered is not shown."""
    required = schema.get("required", ())
    return [
        _field(part, name, one, values, is_required=name in required)
        for name, one in schema.get("properties", {}).items()
    ]


def values_of(part: str, schema: Mapping[str, Any], form: FormData) -> dict[str, Any]:
    """What was entered. An empty field that may be left out is left out."""
    found: dict[str, Any] = {}
    for field in fields_of(part, schema):
        given = str(form.get(field.name, ""))
        name = field.name.partition(".")[2]
        if _kind(schema["properties"][name]) == "checkbox":
            found[name] = given == "true"
        elif given.strip() or field.is_required:
            found[name] = given
    return found


def _field(
    part: str, name: str, schema: Mapping[str, Any], values: Mapping[str, Any] | None, *, is_required: bool
) -> FormField:
    kind = _kind(schema) if values is not None else "password"
    value = "" if values is None else values.get(name, schema.get("default"))
    options = _variant(schema).get("enum", ())
    label, text = schema.get("title", name), schema.get("description", "")
    return FormField(f"{part}.{name}", label, text, kind, value, is_required, options)


def _kind(schema: Mapping[str, Any]) -> str:
    variant = _variant(schema)
    return "choice" if "enum" in variant else _TYPES.get(str(variant.get("type")), "text")


def _variant(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema without the possibility of null."""
    variants: list[Mapping[str, Any]] = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return variants[0] if variants else schema
