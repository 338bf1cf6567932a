"""The kinds of intervals that FlowPilot answers, and where: a new one needs a row in docs/intervals.md first."""

RATE = "a rate (Wilson)"
DIFFERENCE_OF_RATES = "a difference of two rates (Newcombe)"
DIFFERENCE_999 = "a difference of two rates, at 99.9 % (Newcombe)"
MEDIAN = "a median (Kaplan-Meier, log-log)"
P95 = "a p95 (Hutson)"
CURVE = "the share still waiting (log-log)"
DIFFERENCE_OF_MEDIANS = "a difference of two medians (Price and Bonett)"
RESAMPLED = "a difference of two medians (bootstrap)"
MEAN = "a mean (Hall)"
DIFFERENCE_OF_MEANS = "a difference of two means (Zou and Donner)"
FASTER_SHARE = "a share of pairs (Newcombe)"
RESTRICTED = "a difference of restricted means (Zou and Donner)"

ALL = (
    RATE,
    DIFFERENCE_OF_RATES,
    DIFFERENCE_999,
    MEDIAN,
    P95,
    CURVE,
    DIFFERENCE_OF_MEDIANS,
    RESAMPLED,
    MEAN,
    DIFFERENCE_OF_MEANS,
    FASTER_SHARE,
    RESTRICTED,
)

# Every field of an answer that holds an interval, as `Model.field`, and which kinds it may hold.
FIELDS: dict[str, tuple[str, ...]] = {
    "AvoidablePlace.share_of_node_ci95": (RATE,),
    "AvoidableReason.share_ci95": (RATE,),
    "Comparison.ci95": (RATE, MEDIAN, MEAN),
    "Comparison.difference_ci95": (DIFFERENCE_OF_RATES, DIFFERENCE_OF_MEDIANS, DIFFERENCE_OF_MEANS),
    "Comparison.difference_ci999": (DIFFERENCE_999,),
    "Comparison.this_ci95": (RATE, MEDIAN, MEAN),
    "CompletenessGroup.median_seconds_to_claimant_action_ci95": (MEDIAN,),
    "ConfidenceBreakdown.discovery_resolution_rate_ci95": (RATE,),
    "ConfidenceBreakdown.exploring_resolution_rate_ci95": (RATE,),
    "ConfidenceBreakdown.guided_resolution_rate_ci95": (RATE,),
    "CurvePoint.share_waiting_ci95": (CURVE,),
    "Dashboard.abandoned_share_ci95": (RATE,),
    "Dashboard.avg_rating_ci95": (MEAN,),
    "Dashboard.avg_steps_to_resolution_ci95": (MEAN,),
    "Dashboard.escalated_share_ci95": (RATE,),
    "Dashboard.guided_share_ci95": (RATE,),
    "Dashboard.mttr_minutes_ci95": (MEAN,),
    "Dashboard.mttr_working_minutes_ci95": (MEAN,),
    "Dashboard.resolution_rate_ci95": (RATE,),
    "DashboardPsa.auto_push_retry_success_rate_ci95": (RATE,),
    "DashboardPsa.auto_push_success_rate_ci95": (RATE,),
    "DashboardPsa.ticket_link_rate_ci95": (RATE,),
    "DomainCoverage.escalation_rate_ci95": (RATE,),
    "DomainCoverage.guided_rate_ci95": (RATE,),
    "DomainCoverage.resolution_rate_ci95": (RATE,),
    "DomainFlows.guided_rate_ci95": (RATE,),
    "DomainSessions.resolution_rate_ci95": (RATE,),
    "Durability.durable_rate_ci95": (RATE,),
    "FlowCell.guided_rate_ci95": (RATE,),
    "FlowEnding.share_of_flow_ci95": (RATE,),
    "FlowRow.success_rate_ci95": (RATE,),
    "HandoffGroup.bounce_back_rate_ci95": (RATE,),
    "HandoffGroup.median_seconds_to_first_action_ci95": (MEDIAN,),
    "HandoffGroup.release_rate_ci95": (RATE,),
    "MeasuredTime.p95_ci95": (P95,),
    "MonthlySum.hours_ci95": (RESTRICTED,),
    "OpeningPeriod.median_minutes_ci95": (MEDIAN,),
    "OpeningPeriod.median_working_minutes_ci95": (MEDIAN,),
    "ResolutionTime.median_ci95": (MEDIAN,),
    "RestrictedMean.difference_seconds_ci95": (RESTRICTED,),
    "SavingsDifference.hours_per_month_ci95": (),
    "SavingsDifference.seconds_per_handoff_ci95": (RESAMPLED,),
    "Share.ci95": (RATE, MEAN, FASTER_SHARE),
    "ShareOut.difference_ci95": (DIFFERENCE_OF_RATES,),
    "Side.ci95": (RATE, MEDIAN),
    "SuggestionSource.followed_rate_ci95": (RATE,),
    "SuggestionSource.solved_rate_ci95": (RATE,),
    "TimeToFix.minutes_ci95": (MEAN,),
    "TrendDay.mttr_minutes_ci95": (MEAN,),
    "TrendDay.mttr_working_minutes_ci95": (MEAN,),
    "WaitingTime.median_ci95": (MEDIAN,),
}

# Every function below `flowpilot` that returns an interval, or what has one, as `module.function`, and which kinds
# it makes. Those that pass one on make none: they round it, or bring it to another unit.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "analytics.effects.effect._bounds_in_minutes": (),
    "analytics.escalations.groups._survivals": (),
    "analytics.escalations.quality._median": (),
    "analytics.escalations.report._estimated": (),
    "analytics.estimates.bootstrap.difference_of_medians_ci95": (RESAMPLED,),
    "analytics.estimates.comparison._ends": (),
    "analytics.estimates.means.hall": (MEAN,),
    "analytics.estimates.means.mean": (MEAN,),
    "analytics.estimates.quantiles.at": (),
    "analytics.estimates.quantiles.ends_for_difference": (DIFFERENCE_OF_MEDIANS,),
    "analytics.estimates.quantiles.quantile_ci95": (P95,),
    "analytics.estimates.started._all_alike": (FASTER_SHARE,),
    "analytics.estimates.started._share_ci95": (FASTER_SHARE,),
    "analytics.estimates.started._within": (),
    "analytics.estimates.started.faster_share": (FASTER_SHARE,),
    "analytics.estimates.started.restricted_mean_difference": (RESTRICTED,),
    "analytics.follow_up.times.estimate": (MEDIAN, P95, CURVE),
    "analytics.follow_up.times.estimates": (MEDIAN, P95, CURVE),
    "analytics.rounding.rounded_bounds": (),
    "analytics.statistics.difference_ci95": (
        DIFFERENCE_OF_RATES,
        DIFFERENCE_999,
        DIFFERENCE_OF_MEDIANS,
        DIFFERENCE_OF_MEANS,
    ),
    "analytics.statistics._crossings": (MEDIAN,),
    "analytics.statistics.kaplan_meier": (MEDIAN, P95, CURVE),
    "analytics.statistics.median_ci95": (MEDIAN,),
    "analytics.statistics.median_ends": (DIFFERENCE_OF_MEDIANS,),
    "analytics.statistics.p95_ci95": (P95,),
    "analytics.statistics.percent_ci95": (RATE,),
    "analytics.statistics.percentage": (RATE,),
    "analytics.statistics.proportion": (RATE,),
    "analytics.statistics.rate_ci95": (RATE,),
    "analytics.statistics.wilson": (RATE,),
    "analytics.waits.survivals": (),
    "freshness.judging._rounded": (),
}
