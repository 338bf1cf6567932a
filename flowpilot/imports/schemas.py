"""What the routes of imports take and give."""

import uuid
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body, Line, storable
from flowpilot.imports.case.model import Case
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import Preview

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


class HandoffPreview(BaseModel):
    """A handoff as it will be."""

    at: datetime
    by: str | None
    claimed_at: datetime | None
    claimed_by: str | None


class CasePreview(BaseModel):
    """A case as it will read."""

    ticket: str
    summary: str
    status: str
    domain: str | None
    client: str | None
    engineer: str | None
    created_at: datetime
    resolved_at: datetime | None
    n_steps: int
    handoffs: list[HandoffPreview]

    @classmethod
    def of(cls, case: Case) -> Self:
        """The case."""
        said = {name: getattr(case, name) for name in cls.model_fields if name not in {"n_steps", "handoffs"}}
        handoffs = [
            HandoffPreview(
                at=one.at,
                by=one.by,
                claimed_at=one.claim.at if one.claim else None,
                claimed_by=one.claim.by if one.claim else None,
            )
            for one in case.handoffs
        ]
        return cls(**said, n_steps=len(case.steps), handoffs=handoffs)


class UnusableRowOut(BaseModel):
    """A row that cannot be used; `ticket` is null if it does not say one."""

    model_config = ConfigDict(from_attributes=True)

    line: int
    ticket: str | None
    column: str | None
    problem: str


class ImportPreviewOut(BaseModel):
    """What an import would bring. Nothing was written.

    `is_cut`: the file is longer, and these are its first rows. `mttr_minutes` and `median_minutes` are over the
    `n_resolved` cases that are resolved at a known time. `cases_updated` and `cases_unchanged` are cases that
    earlier imports brought. `people` are in cases that are new or updated; `people_new` of them are no members.
    `cases_already_here` would stay as they are. Because of `rows_unusable`, of which `unusable` has the first,
    `tickets_unusable` are left out.
    """

    rows: int
    is_cut: bool
    cases: int
    statuses: dict[str, int]
    steps: int
    people: int
    people_new: int
    handoffs: int
    claims: int
    n_resolved: int
    mttr_minutes: float | None
    median_minutes: float | None
    cases_updated: int
    cases_unchanged: int
    cases_already_here: int
    cases_left_out: int
    lines_left_out: list[str]
    rows_unusable: int
    tickets_unusable: int
    unusable: list[UnusableRowOut]
    first_cases: list[CasePreview]
    warnings: list[str]
    likely_machines: list[str]

    @classmethod
    def of(cls, found: Preview) -> Self:
        """What was found."""
        figures = found.figures
        return cls(
            rows=found.rows,
            is_cut=found.is_cut,
            cases=figures.cases,
            statuses=dict(figures.statuses),
            steps=figures.steps,
            people=len(figures.people),
            people_new=found.new_people,
            handoffs=figures.handoffs,
            claims=figures.claims,
            n_resolved=len(figures.minutes),
            mttr_minutes=figures.mean_minutes,
            median_minutes=figures.median_minutes,
            cases_updated=found.changes.updated,
            cases_unchanged=found.changes.unchanged,
            cases_already_here=found.cases_already_here,
            cases_left_out=found.cases_left_out,
            lines_left_out=found.lines_left_out,
            rows_unusable=found.unusable.rows,
            tickets_unusable=found.unusable.tickets,
            unusable=[UnusableRowOut.model_validate(row) for row in found.unusable.listed],
            first_cases=[CasePreview.of(case) for case in figures.first],
            warnings=figures.warnings(),
            likely_machines=figures.likely_machines,
        )


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
    """How many sessions an undo concerns now."""

    sessions: int = Field(description="Those of which no other import says anything: they go.")
    sessions_shared: int = Field(description="Those of which another one does: they stay, as that one says.")
