"""What the routes of imports take and give."""

import uuid
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body, Line, storable
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.whole import Mapping

PATH = "/api/v1/imports"


def _all_storable(value: Any) -> Any:
    """The value, if PostgreSQL can store each text in it."""
    if isinstance(value, str):
        storable(value)
    elif isinstance(value, dict):
        _all_storable([*value, *value.values()])
    elif isinstance(value, list):
        for one in value:
            _all_storable(one)
    return value


Tables = Annotated[
    dict[str, Any],
    AfterValidator(_all_storable),
    Field(description="The tables and keys of a mapping's TOML, as docs/how-to/import-a-log.md describes them."),
]


class LogUploadIn(Body):
    """A log of another system: CSV, a spreadsheet, JSON or XES, plain or packed."""

    file: UploadFile = Field(description="At most FLOWPILOT_IMPORT_MEGABYTES.")


class ImportMappingIn(Body):
    """What the columns of a file mean."""

    mapping: Tables


class ImportIn(ImportMappingIn):
    """What the columns of a file mean, and what becomes of rows that cannot be used."""

    leave_out_unusable: bool = Field(
        default=False,
        description="Leave out each ticket with a row that cannot be used, and import the others.",
    )

    @property
    def rules(self) -> Mapping:
        """The mapping.

        Raises:
            MappingError: it is not valid.
        """
        rules = mapping_of(self.mapping)
        return rules.leaving_out(unusable=True) if self.leave_out_unusable else rules


class LogUploadOut(BaseModel):
    """An uploaded file and its import.

    `state` is `kept` until it is imported, then `waiting`, `loading`, and `done`, `failed` or `stopped`.
    `fraction` is from 0 to 1, within the `phase`. The file is removed after the import, or after a day.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    byte_count: int
    created_by: uuid.UUID | None
    created_at: datetime
    state: str
    phase: str | None
    fraction: float | None
    is_stopping: bool
    problem: str | None
    run_id: uuid.UUID | None


class LogColumnOut(BaseModel):
    """A column of a file: its name, in how many of the rows that were looked at it has a value, and what it is.

    The second column with a name is called as in `Comment (2)`. `time_formats` are the ways to read its times.
    """

    name: str
    known: int
    distinct: int
    examples: list[str]
    time_formats: list[str]
    role: str | None = Field(description="What it is in the suggested mapping, in plain words.")


class LogColumnsOut(BaseModel):
    """The columns of an upload, and the mapping that is suggested for it.

    `base` is `saved:` and the name of the account's mapping whose columns the file has, or the name of such a
    shipped one; `guess` if there is none.
    """

    rows: int
    columns: list[LogColumnOut]
    base: str
    mapping: dict[str, Any]


class ImportRunOut(BaseModel):
    """An import. `counts` are those of its summary. `undoing_since`: it is being removed.

    `window_from` and `window_to` (not included) are the days that it is from, in the account's zone, for reports.
    Null if it brought nothing, or was made by an older FlowPilot.
    """

    id: uuid.UUID
    created_at: datetime
    file_name: str
    mapping: str
    counts: dict[str, Any]
    n_unknown_ends: int
    window_from: date | None = None
    window_to: date | None = None
    undoing_since: datetime | None

    @classmethod
    def of(cls, run: Any) -> Self:
        """The import, with its window."""
        first, last = (run.counts.get(name) for name in ("first_day", "last_day"))
        days = (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None
        window = {"window_from": days[0], "window_to": days[1] + timedelta(days=1)} if days else {}
        return cls(**run._asdict(), **window)


class SaveImportMappingIn(ImportMappingIn):
    """A mapping to keep."""


class SavedImportMappingOut(BaseModel):
    """A mapping that the account keeps."""

    model_config = ConfigDict(from_attributes=True)

    name: Line
    mapping: dict[str, Any] = Field(validation_alias="content")
    saved_at: datetime


class ImportMappingsOut(BaseModel):
    """The mappings that come with FlowPilot, by name, and those of the account."""

    shipped: list[str]
    saved: list[SavedImportMappingOut]


class UndoPreviewOut(BaseModel):
    """How many sessions an undo concerns now, each counted once."""

    sessions: int = Field(description="Those of which no other import says anything: they go.")
    sessions_shared: int = Field(description="Those of which another one does: they stay, as that one says.")
    sessions_kept: int = Field(description="Those with which somebody has worked since: they stay as they are.")
