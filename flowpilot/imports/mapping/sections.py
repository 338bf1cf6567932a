"""What the tables of a mapping are made of, and how they use the columns of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.errors import InvalidError


class MappingError(InvalidError):
    """The mapping cannot be used, or does not fit the file."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """How a key of the mapping uses the columns it names: what a value must be, and whether it must be known.

    A `name` becomes part of a database index, so its length has a limit; that of a `client` is the one which names
    of clients have everywhere. An `order` is a time if another key reads the column as a time, and otherwise what
    `case.order_as` says.
    """

    kind: Literal["text", "name", "client", "number", "time", "order"]
    required: bool = False


def is_time(uses: Mapping[str, ColumnUse]) -> bool:
    """Whether one of the keys that name a column reads a time there."""
    return any(use.kind == "time" for use in uses.values())


Column = Annotated[str, Field(min_length=1)]
Columns = tuple[Column, ...]
TEXT, NAME, TIME = ColumnUse("text"), ColumnUse("name"), ColumnUse("time")


class Section(BaseModel):
    """A table of the TOML file. An unknown key is an error, because it would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def uses_of(section: Section, prefix: str = "") -> Iterator[tuple[str, str, ColumnUse]]:
    """Every mention of a column: the key, the column, and how the key uses it."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Section):
                yield from uses_of(item, f"{prefix}{name}.")
            elif item is not None:
                yield from ((prefix + name, item, use) for use in field.metadata if isinstance(use, ColumnUse))
