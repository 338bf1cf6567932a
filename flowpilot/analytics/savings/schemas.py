"""What the savings report answers."""

from typing import Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.escalations.schemas import CurvePoint, Share
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.statistics import Bounds
from flowpilot.analytics.waits import WaitingTime


class MeasuredTime(WaitingTime):
    """One side of the comparison."""

    p95_ci95: Bounds | None


class EnteredTimes(BaseModel):
    """Verbal handoffs entered from memory. They are shown, and never counted as measured."""

    n: int
    median: float | None = Field(description="Seconds.")
    p95: float | None = Field(description="Seconds.")


class ExclusionReason(BaseModel):
    """How many were excluded for one reason."""

    reason: str
    n: int


class ExcludedTimes(BaseModel):
    """Excluded verbal handoffs, by reason, the most frequent first."""

    n: int
    reasons: list[ExclusionReason]


class SavingsDifference(BaseModel):
    """The difference of two medians, for one more release: `comparisons` take its place."""

    seconds_per_handoff: float = Field(description="Median of the baseline minus median of the product.")
    seconds_per_handoff_ci95: Bounds | None = Field(
        description="Bootstrap; an end is null if resamples do not get there."
    )
    hours_per_month: None = Field(description="Always null: a difference of medians is not a sum.")
    hours_per_month_ci95: None = Field(description="Always null.")
    handoffs_per_month: float = Field(
        description="Handoffs that their claimant acted on in the window, per 30 days."
    )
    direction: Literal["saves", "costs", "unclear"] = Field(description="`unclear` while the interval holds zero.")
    method: str


class RestrictedMean(BaseModel):
    """How much less time a handoff in the product takes, in the mean; negative if it takes more."""

    verbal_seconds: float = Field(description="The mean, where a longer time counts as the horizon.")
    product_seconds: float
    difference_seconds: float = Field(description="Verbal minus product.")
    difference_seconds_ci95: Bounds | None
    no_interval: str | None = Field(description="Why the difference has no interval.")
    direction: Literal["saves", "costs", "unclear"] = Field(
        description="`unclear` unless the interval excludes zero."
    )


class MonthlySum(BaseModel):
    """What the handoffs of a month save together: the difference of the means, times their number."""

    hours: float
    hours_ci95: Bounds | None
    handoffs: float = Field(description="Handoffs that their claimant acted on in the window, per 30 days.")


class ClockComparison(BaseModel):
    """Verbal handoffs and those in the product by one clock, from its start to the senior's first useful action.

    A verbal handoff starts when the senior is interrupted. In the product it starts when the engineer hands over
    (`creation`: the same question, to the same people), or when a senior claims it (`claim`: the senior's own
    time).
    """

    clock: Literal["creation", "claim"]
    product: WaitingTime
    horizon_seconds: float = Field(description="Only the time until then is compared.")
    faster_share: Share = Field(
        description="The share of pairs, one of each side, in which the one in the product starts sooner; equal"
        " ones count half."
    )
    restricted_mean: RestrictedMean
    per_month: MonthlySum | None = Field(description="Null unless the difference of the means has an interval.")
    curve: list[CurvePoint] = Field(description="The product's: the share that has not started.")


class Savings(Report):
    """What a handoff in the product saves compared with the verbal one that it replaces, if that is known."""

    status: Literal["measured", "insufficient"] = Field(description="`measured` if there is a comparison.")
    missing: list[str] = Field(description="What is needed before both comparisons can be made.")
    baseline: MeasuredTime = Field(description="Verbal handoffs, timed with the stopwatch.")
    baseline_curve: list[CurvePoint] = Field(description="Of the baseline: the share that has not started.")
    product: MeasuredTime = Field(description="Time from a claim to the claimant's first action.")
    comparisons: list[ClockComparison] = Field(description="By clock; one without enough cases is left out.")
    difference: SavingsDifference | None = Field(
        description="Deprecated: see `comparisons`. Null unless both medians are known.",
        # In the API's description alone: Pydantic's own mark would warn our code that reads the field.
        json_schema_extra={"deprecated": True},
    )
    entered: EnteredTimes
    excluded: ExcludedTimes
    n_running: int = Field(description="Stopwatches started in the window that were running at `as_of`.")
    metric_definition: str
