"""A form made from what a ticket system says that it needs (its JSON schemas), and read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from flowpilot.web.formatting import plain

_TYPES = {"integer": "number", "number": "number", "boolean": "checkbox"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form, which may have a default.

    `kind` is the type of its input, or `choice`: one of `options`, each with its text.
    """

    name: str
    label: str
    help: str
    kind: str
    value: Any
    is_required: bool
    options: Sequence[tuple[str, str]] = ()
    has_default: bool = False


def fields_of(part: str, schema: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> list[FormField]:
    """The fields of a part of a connection. Without `values` they are secret: what is entered is not shown."""
    required = schema.get("required", ())
    return [
        _field(part, name, _resolved(one, schema), values, is_required=name in required)
        for name, one in schema.get("properties", {}).items()
    ]


def values_of(part: str, schema: Mapping[str, Any], form: FormData) -> dict[str, Any]:
    """What was entered. An empty field that may be left out is left out."""
    found: dict[str, Any] = {}
    for field in fields_of(part, schema, {}):
        given = str(form.get(field.name, ""))
        name = field.name.partition(".")[2]
        if field.kind == "checkbox":
            found[name] = given == "true"
        elif given.strip() or field.is_required:
            found[name] = given
    return found


def _field(
    part: str, name: str, schema: Mapping[str, Any], values: Mapping[str, Any] | None, *, is_required: bool
) -> FormField:
    kind = _kind(schema) if values is not None else "password"
    value = "" if values is None else values.get(name, schema.get("default"))
    has_default = values is not None and "default" in schema
    label, text = schema.get("title", name), schema.get("description", "")
    options = _options(schema, is_required)
    return FormField(f"{part}.{name}", label, text, kind, value, is_required, options, has_default)


def _options(schema: Mapping[str, Any], is_required: bool) -> list[tuple[str, str]]:
    """The choices. Identifiers are the ticket system's own names, and keep their spelling."""
    is_theirs = schema.get("format") == "identifier"
    found = [(option, option if is_theirs else plain(option)) for option in schema.get("enum", ())]
    may_be_empty = not is_required and schema.get("default") is None
    return [("", "No choice"), *found] if found and may_be_empty else found


def _kind(schema: Mapping[str, Any]) -> str:
    return "choice" if "enum" in schema else _TYPES.get(str(schema.get("type")), "text")


def _resolved(field: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a field with what it refers to, and without the possibility of null."""
    variants = (one for one in field.get("anyOf", ()) if one.get("type") != "null")
    variant: Mapping[str, Any] = next(variants, field)
    name = variant.get("$ref", "").rpartition("/")[2]
    return {**(whole["$defs"][name] if name else {}), **variant, **field}
