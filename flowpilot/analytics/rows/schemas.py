"""The rows behind the figures, as they are answered. Their fields are the columns of the CSV."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

Minutes = Annotated[float, AfterValidator(lambda value: round(value, 1))]
Seconds = Annotated[float, AfterValidator(lambda value: round(value, 2))]


class SessionItem(BaseModel):
    """A session. `owner` works on it; null: nobody of the account does."""

    id: UUID
    problem_summary: str
    problem_domain: str | None
    status: str
    confidence_tier: str | None
    flow_id: UUID | None
    flow: str | None
    owner: str | None
    psa_ticket_id: str | None
    step_count: int
    session_rating: int | None
    created_at: datetime
    resolved_at: datetime | None
    minutes_to_resolution: Minutes | None


class HandoffItem(BaseModel):
    """A handoff, with the names of its people where they are members.

    `seconds_to_claim`: from its creation. `seconds_to_first_action`: from the claim on.
    """

    id: UUID
    session_id: UUID
    problem_summary: str
    problem_domain: str | None
    reason: str
    priority: Literal["urgent", "high", "normal", "low"]
    created_at: datetime
    created_by: str | None
    claimed_at: datetime | None
    claimed_by: str | None
    first_action_at: datetime | None
    first_action_by: str | None
    closed_at: datetime | None
    outcome: str | None
    seconds_to_claim: Seconds | None
    seconds_to_first_action: Seconds | None


class PsaPostItem(BaseModel):
    """A post of a session to its ticket."""

    id: UUID
    session_id: UUID
    problem_summary: str
    problem_domain: str | None
    ticket_id: str | None
    status: str
    retry_count: int
    external_id: str | None
    posted_at: datetime


class TimeEntryItem(BaseModel):
    """A time entry; null where it is of no session that is known."""

    id: UUID
    session_id: UUID | None
    problem_summary: str | None
    problem_domain: str | None
    psa_ticket_id: str | None
    hours_logged: float | None
    created_at: datetime


class ProposalItem(BaseModel):
    """A proposal for the flows, with the problem of the session that it comes from."""

    id: UUID
    kind: str
    status: str
    source_session_id: UUID | None
    problem_summary: str | None
    problem_domain: str | None
    created_at: datetime
    reviewed_at: datetime | None
    reviewed_by: str | None


class BaselineItem(BaseModel):
    """A verbal handoff; null seconds: the stopwatch runs."""

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


class FlowItem(BaseModel):
    """A flow."""

    id: UUID
    name: str
    tree_type: str
    origin: str
    category: str | None
    is_active: bool
    created_at: datetime
    deleted_at: datetime | None


Item = TypeVar("Item", bound=BaseModel)


class RowsPage(BaseModel, Generic[Item]):
    """Some of the rows that a figure counts, the newest first."""

    n: int = Field(description="How many rows there are on all pages: the figure itself.")
    items: list[Item]
    next_cursor: str | None


class Paging(BaseModel):
    """Which of the rows to show."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")
