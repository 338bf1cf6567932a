"""Time entries as rows."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.rows.base import Conditions, RowFilter, RowKind, is_of_client, session_of
from flowpilot.analytics.sql import LOGGED_IN_WINDOW


class TimeEntryRowFilter(RowFilter):
    """Time entries in the window."""

    client_id: UUID | None = Field(default=None, description="Of sessions for this client.")
    day: date | None = Field(default=None, description="A day of the window's zone.")
    day_from: date | None = Field(default=None, description="On this day or later.")
    day_until: date | None = Field(default=None, description="On this day or before.")

    always: ClassVar[str] = LOGGED_IN_WINDOW
    sql: ClassVar[Conditions] = {
        "client_id": is_of_client("session_id"),
        "day": "(created_at AT TIME ZONE :tz)::date = :day",
        "day_from": "(created_at AT TIME ZONE :tz)::date >= :day_from",
        "day_until": "(created_at AT TIME ZONE :tz)::date <= :day_until",
    }


class TimeEntryItem(BaseModel):
    """A time entry. The session's fields are null if it belongs to no known session."""

    id: UUID
    session_id: UUID | None
    problem_summary: str | None
    problem_domain: str | None
    psa_ticket_id: str | None
    hours_logged: float | None
    created_at: datetime
    client_id: UUID | None
    client: str | None


TIME_ENTRIES = RowKind(
    name="time-entries",
    description="Time entries of the window, newest first.",
    filter=TimeEntryRowFilter,
    item=TimeEntryItem,
    table="psa_activity_logs",
    shown=f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, s.psa_ticket_id, p.hours_logged, p.created_at,
           s.client_id, s.client_name AS client
    FROM page p
    {session_of("session_id")}
    """,
)
