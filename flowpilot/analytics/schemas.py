"""What the reports answer. The fields of the contract stand first; ours are added, never in their place.

Percent fields are 0..100 with 1 decimal, rates 0..1 with 4, minutes 1 decimal, seconds and hours 2. A field
named `..._ci95` is the 95 % interval of the field it is named after, in the same unit; null without cases.
"""

import uuid
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.dashboard.schemas import (
    ConfidenceBreakdown,
    DashboardPsa,
    DomainCoverage,
    DomainSessions,
    Interval,
    KnowledgeCoverage,
    PreviousDashboard,
    TrendDay,
)
from flowpilot.analytics.escalations.schemas import (
    CurvePoint,
    DomainGroup,
    EnteredTimes,
    EscalationQuality,
    ExcludedTimes,
    HandoffPopulation,
    MeasuredTime,
    PreviousPeriod,
    ReasonGroup,
    SavingsDifference,
    TimeBucket,
    WaitingTime,
)
from flowpilot.analytics.metrics import definitions
from flowpilot.analytics.period import Period, Window


class WindowOut(BaseModel):
    """The stretch of time, and the moment the report speaks for: what came after it is not counted as known."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    timezone: str
    as_of: datetime


class Report(BaseModel):
    """What every report says of itself."""

    period: Period | None
    window: WindowOut
    definitions: list[str] = Field(description="Slugs in the metric catalogue.")


def header(window: Window, report: str) -> dict[str, Any]:
    """The fields of `Report` for a window."""
    return {
        "period": window.period,
        "window": WindowOut(from_=window.start, to=window.to, timezone=window.timezone, as_of=window.as_of),
        "definitions": definitions(report),
    }


class Dashboard(Report):
    """The help desk at a glance."""

    total_sessions: int
    resolved_sessions: int
    escalated_sessions: int
    abandoned_sessions: int
    resolution_rate: float
    avg_steps_to_resolution: float
    avg_session_duration_minutes: float
    avg_rating: float | None
    mttr_minutes: float | None
    mttr_trend: list[TrendDay]
    sessions_by_domain: list[DomainSessions]
    confidence_breakdown: ConfidenceBreakdown
    knowledge_coverage: KnowledgeCoverage
    psa_metrics: DashboardPsa | None
    resolution_rate_ci95: Interval
    n_rated: int
    n_mttr: int
    n_unknown: int = Field(
        description="Resolved sessions that are in no duration: their `resolved_at` is not known."
    )
    escalated_share: float | None
    escalated_share_ci95: Interval
    abandoned_share: float | None
    abandoned_share_ci95: Interval
    guided_share: float | None
    guided_share_ci95: Interval
    mttr_minutes_ci95: Interval = Field(description="Student's t; null below 2 cases.")
    avg_steps_to_resolution_ci95: Interval = Field(description="Student's t; null below 2 cases.")
    avg_rating_ci95: Interval = Field(description="Student's t; null below 2 cases.")
    previous: PreviousDashboard | None = Field(
        description="The window of equal length just before; null unless `compare` is asked. It is told by"
        " the contract's rule: the sessions created in it, by the status they have now, which they have had"
        " longer to reach."
    )


class Coverage(Report):
    """Domains, most sessions first."""

    domains: list[DomainCoverage]
    unmapped_session_count: int
    total_domains: int


class FlowRow(BaseModel):
    """One flow. `too_few_cases`: its rates say nothing yet."""

    flow_id: uuid.UUID
    name: str
    tree_type: str
    usage_count: int
    success_rate: float | None
    last_matched_at: datetime | None
    avg_confidence: float | None
    quality_score: float
    success_rate_ci95: Interval
    too_few_cases: bool


class FlowQuality(Report):
    """The account's usable flows in the asked order."""

    flows: list[FlowRow]
    top_performers: list[FlowRow]
    needs_attention: list[FlowRow]


class PushFunnel(BaseModel):
    """From session to ticket."""

    total_sessions: int
    linked_to_ticket: int
    doc_pushed: int
    time_entry_logged: int


class HoursDay(BaseModel):
    """One day's time entries. `complete` is false while the day is not over."""

    date: date
    entries: int
    hours: float
    complete: bool


class PsaMetrics(Report):
    """The ticket system."""

    total_time_entries: int
    total_hours_logged: float
    avg_hours_per_session: float
    push_funnel: PushFunnel
    daily_trend: list[HoursDay]


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
    time_to_first_action: WaitingTime
    quality: EscalationQuality
    previous: PreviousPeriod
    by_reason: list[ReasonGroup] = Field(
        description="At most 20 reasons, most handoffs first; the rest stand together as `(other)`."
    )
    by_domain: list[DomainGroup] = Field(description="Most handoffs first.")
    survival_curve: list[CurvePoint] = Field(
        description="Of `time_to_first_action`: from 1 at 0 seconds to the longest wait; empty without cases. At"
        " most 120 points, all on the curve, which between two of them is off by less than 1/118 of its fall."
    )
    distribution: list[TimeBucket] = Field(
        description="The times of `n_handoffs_with_action` in buckets that are always the same."
    )


class Savings(Report):
    """What a handoff in the product saves against the verbal one that it replaces, where that is known."""

    status: Literal["measured", "insufficient"]
    missing: list[str] = Field(description="What it takes until a difference can be told; empty when it is.")
    baseline: MeasuredTime = Field(description="Verbal handoffs, timed with the stopwatch.")
    product: MeasuredTime = Field(description="Time to first action after a claim.")
    difference: SavingsDifference | None = Field(description="Null unless measured.")
    entered: EnteredTimes
    excluded: ExcludedTimes
    n_running: int = Field(description="Stopwatches of the window that ran at `as_of`.")
    metric_definition: str


class Gap(BaseModel):
    """Something the flows do not cover."""

    gap_type: Literal["weak_options", "high_escalation", "uncharted_territory", "repeated_pattern"]
    domain: str | None
    severity: Literal["high", "medium", "low"]
    title: str
    description: str
    evidence: dict[str, Any]
    suggested_action: str


class KnowledgeGaps(Report):
    """What is missing from the flows, worst first."""

    generated_at: datetime
    gaps: list[Gap]
