"""What the dashboard answers."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.analytics.buckets import Bucket
from flowpilot.analytics.estimates.comparison import Comparison
from flowpilot.analytics.schemas import Interval, Report


class TrendDay(BaseModel):
    """One day of the MTTR trend. `complete` is false while the day is not over."""

    # Equal ones are shared by reports, whose account does not matter.
    model_config = ConfigDict(frozen=True)

    date: date
    mttr_minutes: float
    session_count: int
    complete: bool
    mttr_minutes_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    mttr_minutes_no_interval: str | None = Field(description="Why there is no interval.")
    mttr_working_minutes: float | None = Field(
        description="In the account's working hours of then; null if it worked around the clock."
    )
    mttr_working_minutes_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    mttr_working_minutes_no_interval: str | None = Field(description="Why there is no interval.")


class TrendPeriod(TrendDay):
    """A day, an ISO week or a month of the MTTR trend. `date` is its first day, and `last_day` its last."""

    last_day: date


class DomainSessions(BaseModel):
    """How a domain's sessions ended."""

    domain: str
    total: int
    resolved: int
    escalated: int
    resolution_rate: float
    resolution_rate_ci95: Interval


class ConfidenceBreakdown(BaseModel):
    """Resolved or escalated sessions by tier."""

    guided_sessions: int
    guided_resolution_rate: float
    exploring_sessions: int
    exploring_resolution_rate: float
    discovery_sessions: int
    discovery_resolution_rate: float
    guided_resolution_rate_ci95: Interval
    exploring_resolution_rate_ci95: Interval
    discovery_resolution_rate_ci95: Interval


class DomainFlows(BaseModel):
    """How well flows cover a domain."""

    domain: str
    flow_count: int
    session_count: int
    guided_rate: float
    guided_rate_ci95: Interval


class KnowledgeCounts(BaseModel):
    """How many flows the account has, and proposals for more."""

    total_flows: int
    ai_generated_flows: int
    total_proposals_pending: int
    proposals_approved_this_period: int
    proposals_rejected_this_period: int


class KnowledgeCoverage(KnowledgeCounts):
    """The account's flows and the proposals for more."""

    coverage_by_domain: list[DomainFlows]


class DashboardPsa(BaseModel):
    """The ticket system in short."""

    ticket_link_rate: float
    auto_push_success_rate: float
    auto_push_retry_success_rate: float
    total_time_entries_logged: int
    total_hours_logged: float
    n_pushes: int
    ticket_link_rate_ci95: Interval
    auto_push_success_rate_ci95: Interval
    auto_push_retry_success_rate_ci95: Interval


class CountComparison(BaseModel):
    """A count of the window before, and how many more there are now."""

    value: int
    difference: int


class PreviousDashboard(BaseModel):
    """The sessions created in the window of equal length just before, by the status they have now.

    Each figure has the unit and decimals of the dashboard's field of that name; null without cases.
    """

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    total_sessions: CountComparison
    resolution_rate: Comparison
    escalated_share: Comparison
    abandoned_share: Comparison
    guided_share: Comparison
    mttr_minutes: Comparison
    avg_steps_to_resolution: Comparison
    avg_rating: Comparison


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
    mttr_bucket: Bucket = Field(description="What an entry of `mttr_periods` covers.")
    mttr_periods: list[TrendPeriod] = Field(
        description="The same sessions by days, or by weeks or months where those are many: at most 120 or so."
    )
    sessions_by_domain: list[DomainSessions]
    confidence_breakdown: ConfidenceBreakdown
    knowledge_coverage: KnowledgeCoverage
    psa_metrics: DashboardPsa | None
    resolution_rate_ci95: Interval
    n_rated: int
    n_mttr: int
    n_unknown: int = Field(
        description="Resolved sessions that no duration counts: their `resolved_at` is not known."
    )
    escalated_share: float | None
    escalated_share_ci95: Interval
    abandoned_share: float | None
    abandoned_share_ci95: Interval
    n_guided: int
    guided_share: float | None
    guided_share_ci95: Interval
    mttr_minutes_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    mttr_minutes_no_interval: str | None = Field(description="Why the mean has no interval.")
    mttr_working_minutes: float | None = Field(
        description="MTTR in the account's working hours of then; null if it worked around the clock."
    )
    mttr_working_minutes_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    mttr_working_minutes_no_interval: str | None = Field(description="Why the mean has no interval.")
    avg_steps_to_resolution_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    avg_steps_to_resolution_no_interval: str | None = Field(description="Why the mean has no interval.")
    avg_rating_ci95: Interval = Field(description="Hall's; null where no interval is honest.")
    avg_rating_no_interval: str | None = Field(description="Why the mean has no interval.")
    previous: PreviousDashboard | None = Field(
        description="The window of equal length just before; null unless `compare` is true. It follows the"
        " contract's rule: the sessions created in it, by the status they have now. They have had longer to"
        " reach it, so only the guided share has a `direction`; the follow-up report compares at the same age."
    )
