"""Fields: what a flow asks once and uses in later texts, as `{{name}}`. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowpilot.flows.plain import Help, ShortText, folded
from flowpilot.text import one_line

_NAME = r"[a-z][a-z0-9_]{0,39}"
_PLACE = re.compile(r"\{\{\s*(" + _NAME + r")\s*\}\}")
# Letters and spaces only: `{{.Names}}` in a command is no field that somebody has misspelt.
_LIKE_A_PLACE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_ -]{0,60}?)\s*\}\}")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_:-]{1,63}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,10})?")
# Some read it as one, others as a thousand.
_UNCLEAR = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_MOST_CHARACTERS = 200

FieldName = Annotated[str, StringConstraints(pattern=f"^{_NAME}$")]


class FieldKind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    DATE = "date"
    SERIAL = "serial"


class FlowField(BaseModel):
    """Something to fill in. Fields of the same name in one flow are one field, which is asked once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: FieldName
    label: ShortText
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    choices: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    help: Help = ""

    @property
    def definition(self) -> tuple[str, FieldKind, tuple[str, ...]]:
        """What must be the same wherever the field is asked."""
        return self.label, self.kind, self.choices


def is_name(text: str) -> bool:
    """Whether a field can have this name."""
    return re.fullmatch(_NAME, text) is not None


def label_of(name: str) -> str:
    """What a field is called of which only the name is known."""
    return name.replace("_", " ").strip().capitalize()


def names_in(text: str) -> Iterator[str]:
    """The names of the fields that a text uses, in order."""
    return (found[1] for found in _PLACE.finditer(text))


def pieces_of(text: str) -> list[str]:
    """The text in its pieces: by turns what it says itself, and the name of a field."""
    return _PLACE.split(text)


def without_fields(text: str) -> str:
    """The text without the names of the fields that it uses, which nobody reads."""
    return _PLACE.sub(" ", text)


def misspelt_in(text: str) -> Iterator[str]:
    """What looks like the use of a field, but is no name of one, so that it would be shown as it is."""
    return (found[1] for found in _LIKE_A_PLACE.finditer(text) if not re.fullmatch(_NAME, found[1]))


def fill_in(text: str, values: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """The text with values for its fields; one without a value is shown as its label in brackets."""
    return _PLACE.sub(lambda found: values.get(found[1]) or f"[{labels.get(found[1], found[1])}]", text)


def read_value(field: FlowField, said: str) -> str:
    """The value as it is stored: a number without spaces, a date as YYYY-MM-DD, a choice as it is offered.

    It is copied into commands, so it has no sign that nobody sees and a terminal obeys.

    Raises:
        ValueError: it is not a value of this kind; the message says what one is.
    """
    said = one_line(said)
    if not said:
        raise ValueError("must not be empty; undo it to clear it")
    if len(said) > _MOST_CHARACTERS:
        raise ValueError(f"must have at most {_MOST_CHARACTERS} characters")
    match field.kind:
        case FieldKind.TEXT:
            return said
        case FieldKind.NUMBER:
            return _number(said)
        case FieldKind.CHOICE:
            return _choice(field, said)
        case FieldKind.DATE:
            return _date(said)
        case FieldKind.SERIAL:
            return _serial(said)


def is_value(field: FlowField, stored: str) -> bool:
    """Whether what was stored, perhaps for another field of this name, is a value of this one."""
    try:
        return read_value(field, stored) == stored
    except ValueError:
        return False


def field_problems(which: str, fields: Sequence[FlowField]) -> Iterator[str]:
    """Why the fields of one node cannot be published. `which` names the node."""
    names: set[str] = set()
    for field in fields:
        if field.name in names:
            yield f'{which} asks for "{field.name}" twice. Remove one of them.'
        names.add(field.name)
        if any(names_in(field.label)):
            yield f'The label "{field.label}" of a field uses a field. Use it in a text instead.'
        if field.kind == FieldKind.CHOICE and len({folded(choice) for choice in field.choices}) < 2:
            yield f'The field "{field.name}" needs at least two different choices. Add what can be chosen.'
        if field.kind != FieldKind.CHOICE and field.choices:
            yield f'The field "{field.name}" has choices, but is a {field.kind}. Make it a choice, or remove them.'


def definition_problems(
    asked: Iterable[tuple[str, FlowField]], names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The fields that nodes of one flow define differently, each with the later node. `names`: of the nodes."""
    first: dict[str, tuple[str, FlowField]] = {}
    for node_id, field in asked:
        before, known = first.setdefault(field.name, (node_id, field))
        if known.definition != field.definition:
            yield (
                node_id,
                f'The field "{field.name}" is not the same in {names[before]} and {names[node_id]}. '
                "Give both the same label, kind and choices, or one of them another name.",
            )


def _number(said: str) -> str:
    said = said.replace(" ", "")
    if _UNCLEAR.fullmatch(said):
        raise ValueError("must be clear: write 1000 for a thousand, and 1.0 for one")
    if not _NUMBER.fullmatch(said):
        raise ValueError("must be a number, such as 12 or 3.5")
    return f"{Decimal(said.replace(',', '.')):f}"


def _choice(field: FlowField, said: str) -> str:
    found = next((choice for choice in field.choices if folded(choice) == folded(said)), None)
    if found is None:
        raise ValueError(f"must be one of: {', '.join(field.choices)}")
    return found


def _date(said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise ValueError("must be a date as YYYY-MM-DD, such as 2026-11-30") from None


def _serial(said: str) -> str:
    if not _SERIAL.fullmatch(said):
        raise ValueError("must be a serial number: 2 to 64 letters, digits, and . : / _ - between them")
    return said
