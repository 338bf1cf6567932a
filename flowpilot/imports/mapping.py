"""What the columns of an event log mean. A mapping is data, in TOML, so that no log needs code of its own."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from flowpilot.errors import InvalidError

MAPPINGS = resources.files("flowpilot.imports") / "mappings"


class MappingError(InvalidError):
    """The mapping cannot be used, or does not fit the file."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """How a key of the mapping uses the columns it names: what a value must be, and whether it must be known.

    A `name` becomes part of a database index, so its length has a limit; that of a `client` is the one which names
    of clients have everywhere. An `order` is a time if another key reads
    the column as a time, and otherwise a number.
    """

    kind: Literal["text", "name", "client", "number", "time", "order"]
    required: bool = False


Column = Annotated[str, Field(min_length=1)]
Columns = tuple[Column, ...]
TEXT, NAME, TIME = ColumnUse("text"), ColumnUse("name"), ColumnUse("time")


class Section(BaseModel):
    """A table of the TOML file. An unknown key is an error, because it would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(Section):
    """How the file is written. The default encoding reads UTF-8 with or without a byte order mark."""

    delimiter: str = Field(default=",", pattern=r'^[^"\r\n]$')
    encoding: str = "utf-8-sig"
    unknown: tuple[str, ...] = ("",)

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError as error:
            raise ValueError(f"{encoding} is not an encoding that Python knows") from error
        return encoding


class Times(Section):
    """How times are written: a `strptime` format or "iso", and the zone of times that do not state one."""

    format: str
    zone: ZoneInfo

    @field_validator("format")
    @classmethod
    def _readable(cls, pattern: str) -> str:
        moment = datetime(2000, 1, 31, tzinfo=UTC)
        if pattern != "iso" and _parse_time(moment.strftime(pattern), pattern, UTC).date() != moment.date():
            raise ValueError("it must state year, month and day")
        return pattern

    def parse(self, text: str) -> datetime:
        """The time in a cell.

        Raises:
            ValueError: the text does not follow the format.
        """
        return _parse_time(text, self.format, self.zone)


class CaseRules(Section):
    """Which rows belong together, and their order: by these columns, then as in the file.

    The id of a case is the ticket's id in the ticket system.
    """

    id: Annotated[Column, ColumnUse("name", required=True)]
    order: Annotated[Columns, ColumnUse("order", required=True)] = ()


class RowRules(Section):
    """When a row was written, and by whom."""

    at: Annotated[Column, ColumnUse("time", required=True)]
    by: Annotated[Column, NAME]


class StatusRule(Section):
    """The status of a case whose last row has a value in the column: one of `values`, if they are given.

    Without a column, the rule always applies.
    """

    status: Literal["resolved", "abandoned"]
    column: Annotated[Column | None, TEXT] = None
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _values_of_something(self) -> Self:
        if self.values and self.column is None:
            raise ValueError("values needs column")
        return self


class SessionRules(Section):
    """What a case becomes. All of it is read from the last row, except for the engineer.

    The engineer is the last known value of the first column that has one. `resolved_at` is kept if the status is
    `resolved`. Parts of a summary are joined by a dash.
    """

    created_at: Annotated[Column, ColumnUse("time", required=True)]
    resolved_at: Annotated[Column | None, TIME] = None
    domain: Annotated[Column | None, NAME] = None
    client: Annotated[Column | None, ColumnUse("client")] = None
    summary: Annotated[Columns, TEXT] = ()
    engineer: Annotated[Columns, NAME] = ()
    status: tuple[StatusRule, ...]

    @field_validator("status")
    @classmethod
    def _complete(cls, rules: tuple[StatusRule, ...]) -> tuple[StatusRule, ...]:
        if [rule.column is None for rule in rules] != [False] * (len(rules) - 1) + [True]:
            raise ValueError("only the last rule must have no column, so that every case gets a status")
        return rules


class StepRules(Section):
    """Which rows are steps, and which of their columns are kept.

    With `where_known`, rows in which one of these columns is known. With `where_changed`, rows in which one of
    them differs from the row before (in the first row: is known). With neither, all rows.
    """

    content: Annotated[Columns, TEXT] = ()
    where_known: Annotated[Columns, TEXT] = ()
    where_changed: Annotated[Columns, TEXT] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.where_known and self.where_changed:
            raise ValueError("give where_known or where_changed, not both")
        return self


class StartRules(Section):
    """In which rows a handoff starts.

    With `counter`: when that number is higher than in the row before; never in the first row of a case. With
    `column`: when its value differs from that of `before` in the same row or, without `before`, from the last one
    known. A change from or to an unknown value is not a handoff.
    """

    counter: Annotated[Column | None, ColumnUse("number", required=True)] = None
    column: Annotated[Column | None, TEXT] = None
    before: Annotated[Column | None, TEXT] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.counter is None) == (self.column is None):
            raise ValueError("give either counter or column")
        if self.before is not None and self.column is None:
            raise ValueError("before needs column")
        return self


class HandoffRules(Section):
    """Handoffs: where they start, who handed over (by default who wrote the row), and who claimed.

    The claim "first_row_by_another" is the first later row, before the case's next handoff, that was written by
    somebody other than the person who handed over. "none" leaves every handoff unclaimed.
    """

    start: StartRules
    by: Annotated[Column | None, NAME] = None
    reason: Annotated[Column | None, TEXT] = None
    claim: Literal["first_row_by_another", "none"] = "first_row_by_another"


class Mapping(Section):
    """A whole mapping. `name` is for people."""

    name: str = Field(min_length=1)
    file: FileFormat = FileFormat()
    times: Times
    case: CaseRules
    row: RowRules
    session: SessionRules
    step: StepRules = StepRules()
    handoff: HandoffRules | None = None

    @cached_property
    def uses(self) -> dict[str, dict[str, ColumnUse]]:
        """The columns that are read, each with the keys that name it and how they use it."""
        uses: dict[str, dict[str, ColumnUse]] = {}
        for key, column, use in _uses(self):
            uses.setdefault(column, {})[key] = use
        return uses


def load_mapping(name_or_path: str) -> Mapping:
    """The mapping in a .toml file, or the shipped one of that name.

    Raises:
        MappingError: there is no such mapping, or it is not valid.
    """
    if name_or_path.endswith(".toml"):
        source: resources.abc.Traversable = Path(name_or_path)
    elif name_or_path in shipped_mappings():
        source = MAPPINGS / f"{name_or_path}.toml"
    else:
        raise MappingError(
            f"There is no mapping {name_or_path}: give the path of a .toml file, "
            f"or one of the names {', '.join(shipped_mappings())}."
        )
    return _read(source, name_or_path)


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with FlowPilot."""
    return sorted(Path(file.name).stem for file in MAPPINGS.iterdir() if file.name.endswith(".toml"))


def _read(source: resources.abc.Traversable, name: str) -> Mapping:
    try:
        return Mapping.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise MappingError(f"The mapping {name} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise MappingError(f"Correct the mapping {name}: {_explain(error)}.") from error
    except ValueError as error:
        raise MappingError(f"The mapping {name} is not valid TOML: {error}.") from error


def _explain(error: ValidationError) -> str:
    """Which keys are wrong, and why."""
    problems = {"extra_forbidden": "is not a key of a mapping", "missing": "is missing"}
    return "; ".join(
        f"{'.'.join(map(str, item['loc']))}: "
        + problems.get(item["type"], item["msg"].removeprefix("Value error, "))
        for item in error.errors()
    )


def _uses(section: Section, prefix: str = "") -> Iterator[tuple[str, str, ColumnUse]]:
    """Every mention of a column: the key, the column, and how the key uses it."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Section):
                yield from _uses(item, f"{prefix}{name}.")
            elif item is not None:
                yield from ((prefix + name, item, use) for use in field.metadata if isinstance(use, ColumnUse))


@lru_cache(maxsize=65_536)
def _parse_time(text: str, pattern: str, zone: tzinfo) -> datetime:
    """Cached because a log repeats its times, and `strptime` would be the slowest part of an import."""
    is_iso = pattern == "iso"
    moment = datetime.fromisoformat(text) if is_iso else datetime.strptime(text, pattern)  # noqa: DTZ007
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
