"""Savings: measured verbal handoffs against handoffs in the product, and the difference if both are known."""

import asyncio
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CLAIMED_IN_WINDOW, CREATED_IN_WINDOW, IS_ACTED, IS_MEASURED, statement
from flowpilot.analytics.statistics import N_RESAMPLES, Bounds, Survival, Waits, difference_of_medians_ci95
from flowpilot.analytics.waits import N_UNKNOWN, WaitingTime, survival, waiting_time, waits
from flowpilot.db.session import ReadDb


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
    """How much less time a handoff in the product takes than a verbal one; negative if it takes more."""

    seconds_per_handoff: float = Field(description="Median of the baseline minus median of the product.")
    seconds_per_handoff_ci95: Bounds | None = Field(
        description="Bootstrap; an end is null if resamples do not get there."
    )
    hours_per_month: float = Field(
        description="The difference per handoff times `handoffs_per_month`; it is not a sum."
    )
    hours_per_month_ci95: Bounds | None
    handoffs_per_month: float = Field(description="Handoffs acted on in the window, per 30 days.")
    direction: Literal["saves", "costs", "unclear"] = Field(description="`unclear` while the interval holds zero.")
    method: str


class Savings(Report):
    """What a handoff in the product saves compared with the verbal one that it replaces, if that is known."""

    status: Literal["measured", "insufficient"]
    missing: list[str] = Field(
        description="What is needed before a difference can be given; empty when there is one."
    )
    baseline: MeasuredTime = Field(description="Verbal handoffs, timed with the stopwatch.")
    product: MeasuredTime = Field(description="Time to first action after a claim.")
    difference: SavingsDifference | None = Field(description="Null unless measured.")
    entered: EnteredTimes
    excluded: ExcludedTimes
    n_running: int = Field(description="Stopwatches started in the window that were running at `as_of`.")
    metric_definition: str


METHOD = f"percentile bootstrap, {N_RESAMPLES:,} resamples"

_MONTH = timedelta(days=30)

_SQL = statement(f"""
WITH baselines AS (
    SELECT method, seconds, excluded_reason,
           {IS_MEASURED} AS is_known
    FROM handoff_baselines
    WHERE {CREATED_IN_WINDOW}
),
excluded AS (
    SELECT excluded_reason AS reason, count(*) AS n
    FROM baselines
    WHERE is_known AND excluded_reason IS NOT NULL
    GROUP BY excluded_reason
),
claimed AS (
    SELECT claimed_at, first_action_at, closed_at FROM session_handoffs WHERE {CLAIMED_IN_WINDOW}
),
actions AS (
    SELECT {waits("action", "claimed_at", "first_action_at", IS_ACTED)} FROM claimed
)
SELECT array_agg(seconds) FILTER (WHERE is_known AND method = 'stopwatch' AND excluded_reason IS NULL) AS timed,
       array_agg(seconds) FILTER (WHERE is_known AND method = 'entered' AND excluded_reason IS NULL) AS entered,
       count(*) FILTER (WHERE NOT is_known) AS n_running,
       (SELECT json_agg(json_build_array(reason, n) ORDER BY n DESC, reason COLLATE "C") FROM excluded)
           AS excluded,
       (SELECT action_ended FROM actions) AS action_ended,
       (SELECT action_censored FROM actions) AS action_censored,
       {N_UNKNOWN}
FROM baselines
""")


async def savings(db: ReadDb, window: Window) -> Savings:
    """Both sides of the window, in one statement."""
    row = (await db.execute(_SQL, window.parameters)).one()
    timed, actions = row.timed or [], Waits(row.action_ended or [], row.action_censored or [])
    baseline, product, entered = survival(timed, []), survival(*actions), survival(row.entered, [])
    missing = _missing(baseline, product)
    excluded = [ExclusionReason(reason=reason, n=n) for reason, n in row.excluded or []]
    return Savings(
        **header(window, "savings"),
        status="insufficient" if missing else "measured",
        missing=missing,
        baseline=_side(baseline, 0),
        product=_side(product, row.n_unknown),
        difference=None if missing else await _difference(window, timed, actions, baseline, product),
        entered=EnteredTimes(n=entered.n, median=rounded(entered.median), p95=rounded(entered.p95)),
        excluded=ExcludedTimes(n=sum(reason.n for reason in excluded), reasons=excluded),
        n_running=row.n_running,
        metric_definition=METRICS["savings"].definition,
    )


def _missing(baseline: Survival, product: Survival) -> list[str]:
    """What is needed before a difference can be given, one sentence each."""
    needed = METRICS["savings"].min_cases
    assert needed is not None
    sentences = []
    if baseline.n < needed:
        sentences.append(
            f"{baseline.n} of {needed} measured verbal handoffs in this window: "
            f"time {needed - baseline.n} more with the stopwatch."
        )
    if product.n < needed:
        sentences.append(
            f"{product.n} of {needed} claimed handoffs in this window: "
            f"claim {needed - product.n} more in the product."
        )
    if product.n and product.median is None:
        sentences.append(
            "Too many of the claimed handoffs are still waiting for a first action: their median is not known yet."
        )
    return sentences


async def _difference(
    window: Window, timed: list[float], actions: Waits, baseline: Survival, product: Survival
) -> SavingsDifference:
    assert baseline.median is not None
    assert product.median is not None
    seconds = baseline.median - product.median
    # This takes a tenth of a second or two, and other requests should not wait for it.
    ci95 = await asyncio.to_thread(difference_of_medians_ci95, timed, actions)
    per_month = len(actions.ended) * (_MONTH / (window.as_of - window.start))
    return SavingsDifference(
        seconds_per_handoff=round(seconds, 2),
        seconds_per_handoff_ci95=rounded_bounds(ci95),
        hours_per_month=round(seconds * per_month / 3600, 2),
        hours_per_month_ci95=rounded_bounds(_scaled(ci95, per_month / 3600)),
        handoffs_per_month=round(per_month, 2),
        direction=_direction(*ci95),
        method=METHOD,
    )


def _scaled(bounds: Bounds, factor: float) -> Bounds:
    low, high = bounds
    return (None if low is None else low * factor), (None if high is None else high * factor)


def _direction(low: float | None, high: float | None) -> Any:
    if low is not None and low > 0:
        return "saves"
    return "costs" if high is not None and high < 0 else "unclear"


def _side(found: Survival, n_unknown: int) -> MeasuredTime:
    return MeasuredTime(**waiting_time(found, n_unknown).model_dump(), p95_ci95=rounded_bounds(found.p95_ci95))
