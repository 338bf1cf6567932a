"""What the routes of the measured baseline take and give."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from flowpilot.baselines.models import Method
from flowpilot.baselines.service import LONGEST_SECONDS
from flowpilot.http.fields import Body, Trimmed


def _none_if_blank(text: str | None) -> str | None:
    return text or None


Domain = Annotated[Trimmed | None, AfterValidator(_none_if_blank)]


class StopwatchIn(Body):
    """A stopwatch to start."""

    note: Trimmed = ""
    problem_domain: Domain = Field(default=None, description="What the conversation is about, as in sessions.")


class EntryIn(Body):
    """A verbal handoff that nobody timed, entered afterwards."""

    seconds: float = Field(
        ge=1,
        le=LONGEST_SECONDS,
        description="From the senior's interruption to the senior's first useful action.",
    )
    occurred_at: AwareDatetime | None = Field(
        default=None,
        ge=datetime(2000, 1, 1, tzinfo=UTC),
        description="When the conversation began, with its offset; now when left out.",
    )
    note: Trimmed = ""
    problem_domain: Domain = None


class ExclusionIn(Body):
    """Why a baseline does not count."""

    reason: Annotated[Trimmed, Field(min_length=1)]


class BaselineOut(BaseModel):
    """One verbal handoff: `seconds` from the senior's interruption to the senior's first useful action."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    method: Method = Field(description="Only times from a stopwatch count as measured.")
    seconds: float | None = Field(description="Null while the stopwatch runs.")
    note: str
    problem_domain: str | None
    measured_by: uuid.UUID
    created_at: datetime = Field(description="When the conversation began.")
    stopped_at: datetime | None = Field(description="When the stopwatch was stopped.")
    excluded_reason: str | None = Field(description="Why it does not count; null when it does.")
    excluded_by: uuid.UUID | None
    excluded_at: datetime | None
