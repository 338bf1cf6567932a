"""Baselines as rows."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.rows.base import Conditions, FilterText, RowFilter, RowKind, Seconds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, IS_MEASURED
from flowpilot.identity.actor import Permission


class BaselineRowFilter(RowFilter):
    """Verbal handoffs that began in the window."""

    method: Literal["stopwatch", "entered"] | None = None
    running: bool | None = Field(default=None, description="The stopwatch was running at `as_of`.")
    excluded: bool | None = Field(default=None, description="Only excluded ones, or only those that count.")
    excluded_reason: FilterText | None = None

    always: ClassVar[str] = CREATED_IN_WINDOW
    sql: ClassVar[Conditions] = {
        "method": "method = :method",
        "running": f"NOT ({IS_MEASURED})",
        "excluded": "excluded_reason IS NOT NULL",
        "excluded_reason": "excluded_reason = :excluded_reason",
    }


class BaselineItem(BaseModel):
    """A verbal handoff. `seconds` is null while the stopwatch runs."""

    id: UUID
    method: str
    seconds: Seconds | None
    measured_by: str | None
    problem_domain: str | None
    note: str
    created_at: datetime
    stopped_at: datetime | None
    excluded_reason: str | None
    excluded_by: str | None


BASELINES = RowKind(
    name="baselines",
    description="Verbal handoffs that began in the window, newest first.",
    filter=BaselineRowFilter,
    item=BaselineItem,
    table="handoff_baselines",
    shown="""
    SELECT p.id, p.method, p.seconds, p.measured_by, p.problem_domain, p.note, p.created_at, p.stopped_at,
           p.excluded_reason, p.excluded_by
    FROM page p
    """,
    people=("measured_by", "excluded_by"),
    permission=Permission.VIEW_ESCALATIONS,
)
