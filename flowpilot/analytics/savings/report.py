"""Savings: measured verbal handoffs against handoffs in the product, and the difference if both are known."""

from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.action_times import survival_curve
from flowpilot.analytics.escalations.days.reading import is_read_from_days, read_handoffs
from flowpilot.analytics.escalations.days.windows import of_window
from flowpilot.analytics.estimates.bootstrap import N_RESAMPLES, difference_of_medians_ci95
from flowpilot.analytics.estimates.curves import Ordered, in_order
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.savings.comparisons import Clock, comparison, direction, needed
from flowpilot.analytics.savings.schemas import (
    ClockComparison,
    EnteredTimes,
    ExcludedTimes,
    ExclusionReason,
    MeasuredTime,
    Savings,
    SavingsDifference,
)
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_IMPORTED,
    IS_MEASURED,
    statement,
)
from flowpilot.analytics.statistics import Survival, Waits
from flowpilot.analytics.summed.large import MANY, in_thread
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.waits import N_UNKNOWN, survival, waiting_time, waits
from flowpilot.db.session import ReadDb

METHOD = f"percentile bootstrap, {N_RESAMPLES:,} resamples"

_MONTH = timedelta(days=30)

# Verbal handoffs, with more columns of the others if these are read row by row.
_BASELINES = f"""
baselines AS (
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
)
"""
_OF_BASELINES = """
       array_agg(seconds) FILTER (WHERE is_known AND method = 'stopwatch' AND excluded_reason IS NULL) AS timed,
       array_agg(seconds) FILTER (WHERE is_known AND method = 'entered' AND excluded_reason IS NULL) AS entered,
       count(*) FILTER (WHERE NOT is_known) AS n_running,
       (SELECT json_agg(json_build_array(reason, n) ORDER BY n DESC, reason COLLATE "C") FROM excluded)
           AS excluded
"""
_VERBAL_SQL = statement(f"WITH {_BASELINES} SELECT {_OF_BASELINES} FROM baselines")

_SQL = statement(f"""
WITH {_BASELINES},
claimed AS (
    SELECT claimed_at, claimant_action_at, closed_at FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW} AND NOT ({IS_IMPORTED})
),
actions AS (
    SELECT {waits("action", "claimed_at", "claimant_action_at", IS_CLAIMANT_ACTED)} FROM claimed
),
created AS (
    SELECT {waits("wait", "created_at", "claimant_action_at", IS_CLAIMANT_ACTED, f"NOT ({IS_CLAIM_TIME_UNKNOWN})")}
    FROM session_handoffs WHERE {CREATED_IN_WINDOW} AND NOT ({IS_IMPORTED})
)
SELECT {_OF_BASELINES},
       (SELECT action_ended FROM actions) AS action_ended,
       (SELECT action_censored FROM actions) AS action_censored,
       (SELECT wait_ended FROM created) AS created_ended,
       (SELECT wait_censored FROM created) AS created_censored,
       {N_UNKNOWN}
FROM baselines
""")


class _Found(NamedTuple):
    """Verbal handoffs, and the waits in the product by both clocks."""

    verbal: Any
    created: Ordered
    claimed: Ordered
    n_unknown: int


async def _of_rows(db: ReadDb, window: Window) -> _Found:
    row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
    created = in_order(row.created_ended or [], row.created_censored or [])
    claimed = in_order(row.action_ended or [], row.action_censored or [])
    return _Found(row, created, claimed, row.n_unknown)


async def _of_days(db: ReadDb, window: Window) -> _Found:
    row = (await planned_once(db, _VERBAL_SQL, window.parameters)).one()
    this = await of_window(await read_handoffs(db, window, window), window)
    return _Found(row, this.ordered("own_wait"), this.ordered("own_action"), this.counts["n_unknown"])


async def savings(db: ReadDb, window: Window) -> Savings:
    """Both sides of the window, in a statement or two of one snapshot."""
    found = await (_of_days if is_read_from_days(window) else _of_rows)(db, window)
    # To compare takes a tenth of a second or two, and other requests should not wait for it.
    is_long = found.claimed.times.size > MANY or len(found.verbal.timed or ()) >= needed()
    return await in_thread(is_long, partial(_report, found, window))


def _report(found: _Found, window: Window) -> Savings:
    row, verbal = found.verbal, Waits(sorted(found.verbal.timed or []), [])
    baseline, product, entered = survival(*verbal), Survival(found.claimed), survival(row.entered, [])
    clocks = [
        Clock("creation", found.created, found.n_unknown, _per_month(window, found.created)),
        Clock("claim", found.claimed, found.n_unknown, _per_month(window, found.claimed)),
    ]
    comparisons, difference = _compare(verbal, clocks, baseline, product)
    excluded = [ExclusionReason(reason=reason, n=n) for reason, n in row.excluded or []]
    return Savings(
        **header(window, "savings"),
        status="measured" if comparisons else "insufficient",
        missing=_missing(baseline, product),
        baseline=_side(baseline, 0),
        baseline_curve=survival_curve(baseline),
        product=_side(product, found.n_unknown),
        comparisons=comparisons,
        difference=difference,
        entered=EnteredTimes(n=entered.n, median=rounded(entered.median), p95=rounded(entered.p95)),
        excluded=ExcludedTimes(n=sum(reason.n for reason in excluded), reasons=excluded),
        n_running=row.n_running,
        metric_definition=METRICS["savings"].definition,
    )


def _per_month(window: Window, product: Ordered) -> float:
    return int(np.count_nonzero(product.is_ended)) * (
        _MONTH / max(window.as_of - window.start, timedelta(seconds=1))
    )


def _missing(baseline: Survival, product: Survival) -> list[str]:
    """What is needed before both comparisons can be made, one sentence each."""
    sentences = []
    if baseline.n < needed():
        sentences.append(
            f"{baseline.n} of {needed()} measured verbal handoffs in this window: "
            f"time {needed() - baseline.n} more with the stopwatch."
        )
    if product.n < needed():
        sentences.append(
            f"{product.n} of {needed()} claimed handoffs in this window: "
            f"claim {needed() - product.n} more in the product."
        )
    return sentences


def _compare(
    verbal: Waits, clocks: list[Clock], baseline: Survival, product: Survival
) -> tuple[list[ClockComparison], SavingsDifference | None]:
    found = [one for one in (comparison(verbal, clock) for clock in clocks) if one is not None]
    claim = clocks[-1]
    if min(baseline.n, product.n) < needed() or baseline.median is None or product.median is None:
        return found, None
    seconds = baseline.median - product.median
    ci95 = difference_of_medians_ci95(verbal.ended, claim.waits)
    return found, SavingsDifference(
        seconds_per_handoff=round(seconds, 2),
        seconds_per_handoff_ci95=rounded_bounds(ci95),
        hours_per_month=None,
        hours_per_month_ci95=None,
        handoffs_per_month=round(claim.per_month, 2),
        direction=direction(*ci95),
        method=METHOD,
    )


def _side(found: Survival, n_unknown: int) -> MeasuredTime:
    return MeasuredTime(**waiting_time(found, n_unknown).model_dump(), p95_ci95=rounded_bounds(found.p95_ci95))
