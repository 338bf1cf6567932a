"""What the follow-up report answers."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.buckets import Bucket
from flowpilot.analytics.escalations.schemas import Share
from flowpilot.analytics.estimates.comparison import Comparison
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.statistics import Bounds


class ResolutionTime(BaseModel):
    """From a session's start to its resolution; the unresolved ones count as long as they have lasted.

    Null: the curve does not reach this value, because too few are resolved. Times above 1,000 minutes are rounded
    to whole minutes, and above 10,000 to ten.
    """

    unit: Literal["minutes"]
    n: int
    n_censored: int = Field(description="Not resolved at `as_of`, abandoned ones included.")
    n_unknown: int = Field(description="Missing: resolved at an unknown time.")
    median: float | None
    median_ci95: Bounds | None
    p90: float | None
    p95: float | None
    estimator: str


class OpeningPeriod(BaseModel):
    """The sessions opened on one day, or in a week or month if the window is long, and how soon they end."""

    last_day: date
    date: date
    n: int
    n_censored: int = Field(description="Not resolved yet.")
    median_minutes: float | None
    median_minutes_ci95: Bounds | None
    median_working_minutes: float | None = Field(description="In the account's working hours of then.")
    median_working_minutes_ci95: Bounds | None
    is_young: bool = Field(description="Watched for less than 7 days after its end: its figures still move.")


class EqualFollowUp(BaseModel):
    """Two windows, each session by what had happened at the age of `follow_up_days`; younger ones do not count."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    follow_up_days: float = Field(description="A quarter of the window, and seven days at most.")
    n: int = Field(description="Sessions of this window that are old enough.")
    n_too_young: int
    resolved_by_age: Comparison = Field(description="Percent, resolved by that age.")
    escalated_by_age: Comparison = Field(description="Percent, handed over by that age.")
    time_to_resolution: Comparison = Field(
        description="Median in minutes; null if not half were resolved by then."
    )


class FollowUp(Report):
    """What becomes of sessions by their age, beside the dashboard's counts by their present status."""

    total_sessions: int
    ever_escalated: Share = Field(
        description="Handed over at least once by `as_of`, whatever their status is now."
    )
    n_ever_escalated: int
    time_to_resolution: ResolutionTime
    working_time_to_resolution: ResolutionTime | None = Field(
        description="The same in the account's working hours of then; null if it worked around the clock."
    )
    opening_bucket: Bucket = Field(description="What an entry of `by_opening` covers.")
    by_opening: list[OpeningPeriod] = Field(
        description="By the day of opening; the dashboard's `mttr_trend` is by that of resolution."
    )
    previous: EqualFollowUp | None = Field(description="The window before; null unless `compare` is true.")
