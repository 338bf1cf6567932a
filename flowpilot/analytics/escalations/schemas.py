"""What the escalations and savings reports are made of."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Bounds = tuple[float | None, float | None] | None


class HandoffPopulation(BaseModel):
    """The handoffs created in the window, as they stood at `as_of`."""

    n_created: int
    n_unclaimed: int
    n_claimed: int
    n_unknown: int = Field(
        description="Claimed at an unknown time: the log they come from dates the claim before the handoff."
    )
    n_acted: int
    n_pending: int = Field(description="Neither acted on nor closed.")
    oldest_pending_seconds: float | None


class WaitingTime(BaseModel):
    """A waiting time with those still waiting counted. Null: the curve does not get there."""

    unit: Literal["seconds"]
    n: int
    n_censored: int
    n_unknown: int = Field(
        description="Missing from these figures: handoffs created in the window and claimed at an unknown time."
    )
    mean: float | None
    median: float | None
    p90: float | None
    p95: float | None
    median_ci95: Bounds
    estimator: str


class Share(BaseModel):
    """A share, or a mean of shares, 0..1. Null without cases."""

    value: float | None
    n: int = Field(description="Cases that the share is of.")
    ci95: Bounds = Field(description="Its 95 % interval: Wilson's; of a mean, Student's t, from two cases on.")


class EscalationQuality(BaseModel):
    """How well the window's escalations went, beside how fast."""

    bounce_back_rate: Share
    release_rate: Share
    snapshot_completeness: Share = Field(description="A mean.")
    steps_repeated: Share
    created_to_claim: WaitingTime
    created_to_first_action: WaitingTime


class Comparison(BaseModel):
    """A figure of the window before, and what has changed since, in the unit and decimals of that figure."""

    value: float | None = Field(description="In the window before.")
    n: int
    ci95: Bounds
    difference: float | None = Field(description="This window's figure minus that of the window before.")
    difference_ci95: Bounds
    direction: Literal["better", "worse"] | None = Field(
        description="Null unless the interval of the difference excludes zero."
    )


class PreviousPeriod(BaseModel):
    """The window of equal length just before, told as it stood at its own end. Shares are 0..1, waits seconds."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    bounce_back_rate: Comparison
    release_rate: Comparison
    snapshot_completeness: Comparison
    steps_repeated: Comparison
    created_to_claim: Comparison = Field(description="Kaplan-Meier medians.")
    created_to_first_action: Comparison = Field(description="Kaplan-Meier medians.")
    time_to_first_action: Comparison = Field(description="After the claim: Kaplan-Meier medians.")


class CurvePoint(BaseModel):
    """A step of a Kaplan-Meier curve: from so many seconds on, this share still waits."""

    seconds: float
    share_waiting: float
    share_waiting_ci95: tuple[float, float] | None = Field(
        description="The log-log band; null where it is undefined: while nobody's wait has ended, and at 0."
    )
    n_at_risk: int = Field(description="Had waited at least so long: their wait had not ended or been censored.")


class TimeBucket(BaseModel):
    """How many times lie in a stretch that holds its beginning and not its end."""

    from_seconds: int
    to_seconds: int | None = Field(description="Null: without end.")
    n: int


class HandoffGroup(BaseModel):
    """The window's handoffs that have something in common."""

    n: int = Field(description="Created in the window.")
    n_acted: int = Field(description="Of those, acted on by `as_of`.")
    n_unknown: int = Field(description="Of those, claimed at an unknown time, and so missing from the median.")
    median_seconds_to_first_action: float | None = Field(
        description="Kaplan-Meier median of the time from creation to first action; null where not reached."
    )
    median_seconds_to_first_action_ci95: Bounds
    bounce_back_rate: float | None
    bounce_back_rate_ci95: Bounds
    bounce_back_rate_n: int = Field(description="Claimed in the window.")
    release_rate: float | None
    release_rate_ci95: Bounds
    release_rate_n: int = Field(description="With a claim among their events in the window.")


class ReasonGroup(HandoffGroup):
    """The handoffs of one reason, ignoring case; null: no reason was given."""

    reason: str | None


class DomainGroup(HandoffGroup):
    """The handoffs of the sessions of one domain; null: they have none."""

    domain: str | None


class MeasuredTime(WaitingTime):
    """One side of the comparison."""

    p95_ci95: Bounds


class EnteredTimes(BaseModel):
    """Verbal handoffs that were told afterwards. They are shown, and never counted as measured."""

    n: int
    median: float | None = Field(description="Seconds.")
    p95: float | None = Field(description="Seconds.")


class ExclusionReason(BaseModel):
    """How many were excluded for one reason."""

    reason: str
    n: int


class ExcludedTimes(BaseModel):
    """Verbal handoffs that somebody excluded, with their reasons, the most frequent first."""

    n: int
    reasons: list[ExclusionReason]


class SavingsDifference(BaseModel):
    """What a handoff in the product takes less than a verbal one; negative: what it takes more."""

    seconds_per_handoff: float = Field(description="Median of the baseline minus median of the product.")
    seconds_per_handoff_ci95: Bounds = Field(
        description="Bootstrap; an end is null where resamples do not get there."
    )
    hours_per_month: float = Field(description="The difference per handoff times `handoffs_per_month`: no sum.")
    hours_per_month_ci95: Bounds
    handoffs_per_month: float = Field(description="Handoffs acted on in the window, per 30 days of it.")
    direction: Literal["saves", "costs", "unclear"] = Field(description="`unclear` while the interval holds zero.")
    method: str
