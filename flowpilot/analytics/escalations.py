"""Escalations: the time to first action after a claim, with those still waiting counted."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from flowpilot.analytics import schemas
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import seconds, statement
from flowpilot.analytics.statistics import Survival, kaplan_meier
from flowpilot.db.session import ReadDb

ESTIMATOR = "kaplan-meier"

# A wait that has not ended at as_of is censored there, or where the handoff was closed without it.
_STOP = "least(:as_of, closed_at)"

_SQL = statement(f"""
WITH created AS MATERIALIZED (
    SELECT created_at, claimed_at, closed_at,
           claimed_at IS NOT NULL AND claimed_at <= :as_of AS is_claimed,
           first_action_at IS NOT NULL AND first_action_at <= :as_of AS is_acted,
           closed_at IS NOT NULL AND closed_at <= :as_of AS is_closed
    FROM session_handoffs
    WHERE account_id = :account_id AND created_at >= :start AND created_at < :end
),
population AS (
    SELECT count(*) AS n_created,
           count(*) FILTER (WHERE NOT is_claimed) AS n_unclaimed,
           count(*) FILTER (WHERE is_claimed) AS n_claimed,
           count(*) FILTER (WHERE is_acted) AS n_acted,
           count(*) FILTER (WHERE NOT is_acted AND NOT is_closed) AS n_pending,
           {seconds(":as_of - min(created_at) FILTER (WHERE NOT is_acted AND NOT is_closed)")}
               AS oldest_pending_seconds,
           array_agg({seconds("greatest(claimed_at, created_at) - created_at")}) FILTER (WHERE is_claimed)
               AS claim_waits,
           array_agg({seconds(f"greatest({_STOP}, created_at) - created_at")}) FILTER (WHERE NOT is_claimed)
               AS claim_censored
    FROM created
),
claimed AS MATERIALIZED (
    SELECT claimed_at, first_action_at, closed_at,
           first_action_at IS NOT NULL AND first_action_at <= :as_of AS is_acted
    FROM session_handoffs
    WHERE account_id = :account_id AND claimed_at >= :start AND claimed_at < :end
),
actions AS (
    SELECT count(*) AS n_handoffs_claimed,
           array_agg({seconds("first_action_at - claimed_at")}) FILTER (WHERE first_action_at IS NOT NULL)
               AS all_actions,
           array_agg({seconds("first_action_at - claimed_at")}) FILTER (WHERE is_acted) AS action_waits,
           array_agg({seconds(f"greatest({_STOP}, claimed_at) - claimed_at")}) FILTER (WHERE NOT is_acted)
               AS action_censored
    FROM claimed
)
SELECT * FROM population, actions
""")


async def escalations(db: ReadDb, window: Window) -> schemas.Escalations:
    """The window's handoffs, in one statement."""
    row = (await db.execute(_SQL, window.parameters)).one()
    return schemas.Escalations(
        **schemas.header(window, "escalations"),
        n_handoffs_claimed=row.n_handoffs_claimed,
        **_acted_only(row.all_actions or []),
        metric_definition=METRICS["time_to_first_action"].definition,
        population=schemas.HandoffPopulation(
            n_created=row.n_created,
            n_unclaimed=row.n_unclaimed,
            n_claimed=row.n_claimed,
            n_acted=row.n_acted,
            n_pending=row.n_pending,
            oldest_pending_seconds=_round(row.oldest_pending_seconds),
        ),
        time_to_claim=_survival(row.claim_waits, row.claim_censored),
        time_to_first_action=_survival(row.action_waits, row.action_censored),
    )


def _acted_only(waits: Sequence[float]) -> dict[str, Any]:
    """The contract's figures: over those that were acted on, whatever became of the others."""
    n = len(waits)
    ordered = np.sort(waits)
    return {
        "n_handoffs_with_action": n,
        "avg_seconds_to_first_action": round(math.fsum(waits) / n, 2) if n else None,
        "median_seconds_to_first_action": round(float(np.median(ordered)), 2) if n else None,
        "p95_seconds_to_first_action": round(float(ordered[round(0.95 * (n - 1))]), 2) if n else None,
    }


def _survival(waits: Sequence[float] | None, censored: Sequence[float] | None) -> schemas.WaitingTime:
    found: Survival = kaplan_meier(waits or [], censored or [])
    ci = found.median_ci95
    return schemas.WaitingTime(
        unit="seconds",
        n=found.n,
        n_censored=found.n_censored,
        mean=_round(found.mean),
        median=_round(found.median),
        p90=_round(found.p90),
        p95=_round(found.p95),
        median_ci95=None if ci is None else (_round(ci[0]), _round(ci[1])),
        estimator=ESTIMATOR,
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
