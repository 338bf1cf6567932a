"""What the escalations report answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.analytics.estimates.comparison import Comparison
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.statistics import Bounds
from flowpilot.analytics.waits import WaitingTime


class HandoffPopulation(BaseModel):
    """The handoffs created in the window, as they were at `as_of`."""

    n_created: int
    n_unclaimed: int = Field(description="Not claimed, those that were closed without a claim included.")
    n_waiting: int = Field(description="Open, and nobody holds them: as the queue, Home and the badge count.")
    n_claimed: int
    n_unknown: int = Field(
        description="Claimed at an unknown time: the log they come from dates the claim before the handoff."
    )
    n_acted: int
    n_pending: int = Field(description="Neither acted on nor closed.")
    oldest_pending_seconds: float | None


class Share(BaseModel):
    """A share, or a mean of shares, 0..1. Null without cases."""

    value: float | None
    n: int = Field(description="The number of cases.")
    count: int | None = Field(description="How many of them; null of a mean, and of pairs.")
    ci95: Bounds | None = Field(description="Its 95 % interval: Wilson's; of a mean, Hall's, where one is honest.")
    no_interval: str | None = Field(description="Why a mean has no interval.")


class EscalationQuality(BaseModel):
    """How well the window's escalations went, not only how fast."""

    bounce_back_rate: Share
    release_rate: Share
    snapshot_completeness: Share = Field(description="A mean.")
    steps_repeated: Share
    created_to_claim: WaitingTime
    created_to_first_action: WaitingTime


class PreviousPeriod(BaseModel):
    """The window of equal length just before, as it was at its own end. Shares are 0 to 1, waits in seconds."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    bounce_back_rate: Comparison
    release_rate: Comparison
    snapshot_completeness: Comparison
    steps_repeated: Comparison
    created_to_claim: Comparison = Field(description="Kaplan-Meier medians.")
    created_to_first_action: Comparison = Field(description="Kaplan-Meier medians.")
    time_to_first_action: Comparison = Field(description="After the claim: Kaplan-Meier medians.")
    time_to_claimant_action: Comparison = Field(description="After the claim: Kaplan-Meier medians.")


class CurvePoint(BaseModel):
    """A step of a Kaplan-Meier curve: from `seconds` on, this share is still waiting."""

    # Equal ones are shared by reports, whose account does not matter.
    model_config = ConfigDict(frozen=True)

    seconds: float
    share_waiting: float
    share_waiting_ci95: tuple[float, float] | None = Field(
        description="The log-log band; null if it is undefined: before the first wait ends, and at share 0."
    )
    n_at_risk: int = Field(description="Waits that had neither ended nor been censored before then.")


class TimeBucket(BaseModel):
    """How many times are in this range, which includes its start and not its end."""

    from_seconds: int
    to_seconds: int | None = Field(description="Null: there is no end.")
    n: int


class HandoffGroup(BaseModel):
    """The window's handoffs with the same reason or domain."""

    n: int = Field(description="Created in the window.")
    n_acted: int = Field(description="Of those, acted on by `as_of`.")
    n_unknown: int = Field(description="Of those, claimed at an unknown time, and so missing from the median.")
    median_seconds_to_first_action: float | None = Field(
        description="Kaplan-Meier median of the time from creation to first action; null if not reached."
    )
    median_seconds_to_first_action_ci95: Bounds | None
    bounce_back_rate: float | None
    bounce_back_rate_ci95: Bounds | None
    bounce_back_rate_n: int = Field(description="Claimed in the window.")
    release_rate: float | None
    release_rate_ci95: Bounds | None
    release_rate_n: int = Field(description="With a claim among their events in the window.")


class ReasonGroup(HandoffGroup):
    """The handoffs with one reason, ignoring case; null: no reason was given."""

    reason: str | None


class DomainGroup(HandoffGroup):
    """The handoffs of sessions of one domain; null: those without a domain."""

    domain: str | None


class Escalations(Report):
    """Time to first action after an escalation is claimed, and how well the escalations went."""

    n_handoffs_claimed: int
    n_handoffs_with_action: int
    avg_seconds_to_first_action: float | None
    median_seconds_to_first_action: float | None
    p95_seconds_to_first_action: float | None
    metric_definition: str
    population: HandoffPopulation
    time_to_claim: WaitingTime
    time_to_first_action: WaitingTime = Field(description="The first step of anybody.")
    time_to_claimant_action: WaitingTime = Field(description="The headline: the first step of the claimant.")
    working_time_to_claim: WaitingTime | None = Field(
        description="In the account's working hours of then, as the next two; null if it worked around the clock."
    )
    working_time_to_first_action: WaitingTime | None
    working_time_to_claimant_action: WaitingTime | None
    quality: EscalationQuality
    previous: PreviousPeriod
    by_reason: list[ReasonGroup] = Field(
        description="At most 20 reasons, most handoffs first; the rest are together in `(other)`."
    )
    by_domain: list[DomainGroup] = Field(description="Most handoffs first.")
    survival_curve: list[CurvePoint] = Field(
        description="Of `time_to_first_action`: from 1 at 0 seconds to the longest wait; empty without cases. At"
        " most 120 points, all on the curve, which between two of them is off by less than 1/118 of its fall."
    )
    claimant_survival_curve: list[CurvePoint] = Field(
        description="The same of `time_to_claimant_action`: the share whose claimant has not acted."
    )
    distribution: list[TimeBucket] = Field(description="The times of `n_handoffs_with_action` in fixed buckets.")
