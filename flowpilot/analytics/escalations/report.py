"""Escalations: the time to first action after a claim, by anybody and by the claimant, counting those waiting."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.action_times import distribution, survival_curve
from flowpilot.analytics.escalations.days import HandoffsOfWindow, is_read_from_days, read_handoffs
from flowpilot.analytics.escalations.groups import groups, groups_of_days
from flowpilot.analytics.escalations.quality import NEWEST_SQL, QUALITY, Figures, previous, quality
from flowpilot.analytics.escalations.schemas import Escalations, HandoffPopulation
from flowpilot.analytics.escalations.working import working_times
from flowpilot.analytics.estimates.comparison import window_before
from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_ACTED,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_CLAIMED,
    IS_CLOSED,
    IS_WAITING,
    seconds,
    statement,
)
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.waits import waiting_time, waits
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in

_SQL = statement(f"""
WITH created AS MATERIALIZED (
    SELECT created_at, claimed_at, first_action_at, closed_at,
           {IS_CLAIMED} AS is_claimed,
           {IS_ACTED} AS is_acted,
           {IS_CLOSED} AS is_closed,
           {IS_CLAIM_TIME_UNKNOWN} AS is_time_unknown,
           {IS_WAITING} AS is_waiting
    FROM session_handoffs
    WHERE {CREATED_IN_WINDOW}
),
population AS (
    SELECT count(*) AS n_created,
           count(*) FILTER (WHERE NOT is_claimed AND NOT is_time_unknown) AS n_unclaimed,
           count(*) FILTER (WHERE is_waiting) AS n_waiting,
           count(*) FILTER (WHERE is_claimed) AS n_claimed,
           count(*) FILTER (WHERE is_time_unknown) AS n_unknown,
           count(*) FILTER (WHERE is_acted) AS n_acted,
           count(*) FILTER (WHERE NOT is_acted AND NOT is_closed) AS n_pending,
           {seconds(":as_of - min(created_at) FILTER (WHERE NOT is_acted AND NOT is_closed)")}
               AS oldest_pending_seconds,
           {waits("to_claim", "created_at", "claimed_at", "is_claimed", "NOT is_time_unknown")},
           {waits("to_action", "created_at", "first_action_at", "is_acted", "NOT is_time_unknown")}
    FROM created
),
claimed AS MATERIALIZED (
    SELECT id, session_id, created_at, claimed_at, claimed_by, first_action_at, claimant_action_at, closed_at,
           outcome, {IS_ACTED} AS is_acted, {IS_CLAIMANT_ACTED} AS is_claimant_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
),
actions AS (
    SELECT count(*) AS n_handoffs_claimed,
           array_agg({seconds("first_action_at - claimed_at")}) FILTER (WHERE first_action_at IS NOT NULL)
               AS all_actions,
           {waits("action", "claimed_at", "first_action_at", "is_acted")},
           {waits("claimant", "claimed_at", "claimant_action_at", "is_claimant_acted")}
    FROM claimed
),
{QUALITY}
SELECT *, {HOURS} FROM population, actions, quality
""")


async def _row(db: ReadDb, found: HandoffsOfWindow, window: Window) -> Any:
    """What the statement over rows finds, of handoffs that were read from their days."""
    newest = (await planned_once(db, NEWEST_SQL, window.parameters)).mappings().one()
    return SimpleNamespace(**found.population(), **found.quality(), **found.waits, **newest)


async def escalations(db: ReadDb, window: Window) -> Escalations:
    """The window's handoffs and those of the window before, in a few statements of one snapshot."""
    before, this = window_before(window), None
    if is_read_from_days(window):
        handoffs = await read_handoffs(db, before, window)
        this = HandoffsOfWindow(handoffs, window)
        row, history = await _row(db, this, window), handoffs.history
        old_row = await _row(db, HandoffsOfWindow(handoffs, before), before)
        by_reason, by_domain = await groups_of_days(db, handoffs, this)
    else:
        row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
        old_row = (await db.execute(narrowed(_SQL, before.only), before.parameters)).one()
        history = history_in(row.account_hours)
        by_reason, by_domain = await groups(db, window)
    figures, old_figures = Figures(row), Figures(old_row)
    all_actions = np.asarray([] if row.all_actions is None else row.all_actions, dtype=np.float64)
    return Escalations(
        **header(window, "escalations"),
        n_handoffs_claimed=row.n_handoffs_claimed,
        **_acted_only(all_actions),
        metric_definition=METRICS["time_to_first_action"].definition,
        population=HandoffPopulation(
            n_created=row.n_created,
            n_unclaimed=row.n_unclaimed,
            n_waiting=row.n_waiting,
            n_claimed=row.n_claimed,
            n_unknown=figures.n_unknown,
            n_acted=row.n_acted,
            n_pending=row.n_pending,
            oldest_pending_seconds=rounded(row.oldest_pending_seconds),
        ),
        time_to_claim=waiting_time(figures.created_to_claim, figures.n_unknown),
        time_to_first_action=waiting_time(figures.time_to_first_action, figures.n_unknown),
        time_to_claimant_action=waiting_time(figures.time_to_claimant_action, figures.n_unknown),
        **await working_times(db, history, window, figures.n_unknown, this),
        quality=quality(figures),
        previous=previous(before, old_figures, figures),
        by_reason=by_reason,
        by_domain=by_domain,
        survival_curve=survival_curve(figures.time_to_first_action),
        claimant_survival_curve=survival_curve(figures.time_to_claimant_action),
        distribution=distribution(all_actions),
    )


def _acted_only(actions: Floats) -> dict[str, Any]:
    """The contract's figures, over the handoffs that were acted on and no others."""
    n = actions.size
    ordered = np.sort(actions)
    return {
        "n_handoffs_with_action": n,
        "avg_seconds_to_first_action": round(math.fsum(actions.tolist()) / n, 2) if n else None,
        "median_seconds_to_first_action": round(float(np.median(ordered)), 2) if n else None,
        "p95_seconds_to_first_action": round(float(ordered[round(0.95 * (n - 1))]), 2) if n else None,
    }
