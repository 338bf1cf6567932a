"""Working hours as the API has them."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flowpilot.http.fields import Body, Text
from flowpilot.working_hours import parse_clock, span


def _clock(text: str) -> str:
    hour, minute = divmod(parse_clock(text), 60)
    return f"{hour:02}:{minute:02}"


Clock = Annotated[str, AfterValidator(_clock), Field(examples=["08:30", "24:00"])]


class HoursSpan(Body):
    """Hours that begin on a day of the week. An end that is not later than the start is that of the next day."""

    weekday: int = Field(ge=1, le=7, description="Monday is 1.")
    start: Clock = Field(description="00:00 to 23:59, in the account's time zone.")
    end: Clock = Field(description="24:00 is the end of the day.")

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        span(self.start, self.end)
        return self


class Holiday(Body):
    """A day on which no work begins."""

    date: date
    name: Annotated[Text, Field(max_length=100)] = ""


class HoursIn(Body):
    """Hours from a day on. Durations that are stored already keep theirs until `flowpilot db reconcile`."""

    valid_from: date | None = Field(
        default=None, description="From the beginning of this day on; today by default. A past day is allowed."
    )
    spans: Annotated[list[HoursSpan], Field(min_length=1, max_length=35)] | None = Field(
        description="Null: around the clock."
    )
    holidays: list[Holiday] = Field(default_factory=list, max_length=1000)


class HoursOut(BaseModel):
    """Hours that were, are or will be valid. `valid_from` is null for those from the beginning on."""

    model_config = ConfigDict(from_attributes=True)

    valid_from: date | None
    timezone: str
    spans: list[HoursSpan] | None
    holidays: list[Holiday]
    created_by: uuid.UUID | None
    created_at: datetime


class WorkingTime(BaseModel):
    """A stretch of time, on the clock and in working hours."""

    clock_seconds: float
    working_seconds: float
